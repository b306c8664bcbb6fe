import { verdicts } from "../../test/builders/faults.ts";
import { anAgent, someSettings } from "../../test/builders/objects.ts";
import { aTeam } from "../../test/builders/team.ts";
import { normalizeArkSettings } from "../arksettings/normalize.ts";
import type { ArkSettingsSpec, McpServer } from "../generated/types.ts";
import type { CheckContext } from "../rule.ts";

const secretKeyRef = { name: "keys", key: "TOKEN" };
const url = "https://mcp.example.com/v1";
const serving = (...mcpServers: McpServer[]) => anAgent({ mcpServers });

describe("checkObject: ArkAgent (§2.1, B13a)", () => {
  const { systemPrompt: _, ...spec } = anAgent().spec;
  verdicts({
    "model and prompt are enough": { of: anAgent() },
    "a prompt is needed": { of: { ...anAgent(), spec }, want: ["spec.systemPrompt required"] },
    "one prompt is enough": { of: anAgent({ systemPromptRef: { configMapKeyRef: { name: "p", key: "k" } } }), want: ["spec forbidden"] },
    "a referred prompt stands in one place": {
      of: { ...anAgent(), spec: { ...spec, systemPromptRef: { configMapKeyRef: { name: "p", key: "k" }, secretKeyRef } } },
      want: ["spec.systemPromptRef forbidden"],
    },
    "a key does not lead out of its folder": {
      of: { ...anAgent(), spec: { ...spec, systemPromptRef: { secretKeyRef: { name: "p", key: "../../etc" } } } },
      want: ["spec.systemPromptRef.secretKeyRef.key name"],
    },
    "a name of a reference is a name": { of: anAgent({ memoryRef: { name: "My Memory" } }), want: ["spec.memoryRef.name name"] },
    "two tools of one name": {
      of: anAgent({
        tools: [
          { name: "a", url },
          { name: "a", url },
        ],
      }),
      want: ["spec.tools[1].name duplicate"],
    },
    "a tool's schema is a schema": {
      of: anAgent({ tools: [{ name: "a", url, inputSchema: "[1]" }] }),
      want: ["spec.tools[0].inputSchema schema"],
    },
    "a tool's address may hold arguments": {
      of: anAgent({ tools: [{ name: "a", url: "https://api.example.com/{{ .input.id }}?q={{ .input.q }}" }] }),
    },
    "a tool's address holds nothing else": {
      of: anAgent({ tools: [{ name: "a", url: "https://x.example/{{ .steps.a }}" }] }),
      want: ["spec.tools[0].url template"],
    },
    "a tool's address is one": { of: anAgent({ tools: [{ name: "a", url: "api.example.com" }] }), want: ["spec.tools[0].url format"] },
    "a tool's address is spoken to by HTTP": {
      of: anAgent({ tools: [{ name: "a", url: "file:///etc/passwd" }] }),
      want: ["spec.tools[0].url format"],
    },
    "an address holds no password": {
      of: anAgent({ tools: [{ name: "a", url: "https://me:pw@x.example" }] }),
      want: ["spec.tools[0].url format"],
    },
    "a model can say a tool's name": { of: anAgent({ tools: [{ name: "look up", url }] }), want: ["spec.tools[0].name name"] },
    "two capabilities of one id": {
      of: anAgent({ capabilities: [{ id: "a" }, { id: "b" }, { id: "a" }] }),
      want: ["spec.capabilities[2].id duplicate"],
    },
    "a capability's schemas are schemas": {
      of: anAgent({ capabilities: [{ id: "a", inputSchema: "{", outputSchema: '{"type":1}' }] }),
      want: ["spec.capabilities[0].inputSchema schema", "spec.capabilities[0].outputSchema schema"],
    },
    "fewest pods are not more than most": {
      of: anAgent({ autoscaling: { minReplicas: 11 } }),
      want: ["spec.autoscaling.minReplicas invalid"],
    },
    "our environment is ours": {
      of: anAgent({
        env: ["ARK_CONFIG", "REDIS_URL", "TASK_QUEUE_URL", "AGENT_PROVIDER", "ARKADE", "MY_REDIS_URL"].map((name) => ({
          name,
          value: "x",
        })),
      }),
      want: [0, 1, 2, 3].map((i) => `spec.env[${i}].name forbidden`),
    },
    "a variable has one value": {
      of: anAgent({ env: [{ name: "A", value: "x", valueFrom: { secretKeyRef } }] }),
      want: ["spec.env[0] forbidden"],
    },
    "a variable's name is one": { of: anAgent({ env: [{ name: "A=B" }] }), want: ["spec.env[0].name name"] },
    "envFrom takes one source": {
      of: anAgent({ envFrom: [{}, { configMapRef: { name: "a" }, secretRef: { name: "b" } }] }),
      want: ["spec.envFrom[0] required", "spec.envFrom[1] forbidden"],
    },
    "an inline role is held to the same": {
      of: aTeam()
        .role("b", { tools: [{ name: "a", url: "x" }], env: [{ name: "ARK_X" }] })
        .build(),
      want: ["spec.roles[1].tools[0].url format", "spec.roles[1].env[0].name forbidden"],
    },
  });
});

describe("checkObject: MCP servers (B13a)", () => {
  verdicts({
    "a server is reached by its address": { of: serving({ name: "a", url }) },
    "a server is reached somehow": { of: serving({ name: "a" }), want: ["spec.mcpServers[0] required"] },
    "a server is reached one way": { of: serving({ name: "a", url, command: "npx" }), want: ["spec.mcpServers[0] forbidden"] },
    "two servers of one name": {
      of: serving({ name: "a", url }, { name: "a", command: "npx" }),
      want: ["spec.mcpServers[1].name duplicate"],
    },
    "a server's name is part of its tools' names": { of: serving({ name: "a.b", url }), want: ["spec.mcpServers[0].name name"] },
    "a bearer token": { of: serving({ name: "a", url, auth: { bearer: { secretKeyRef } } }) },
    "the older shape of it": { of: serving({ name: "a", url, auth: { type: "bearer", tokenSecretRef: secretKeyRef } }) },
    "no way to authenticate": { of: serving({ name: "a", url, auth: { type: "bearer" } }), want: ["spec.mcpServers[0].auth required"] },
    "two ways to authenticate": {
      of: serving({ name: "a", url, auth: { bearer: { secretKeyRef }, mtls: { secretRef: { name: "x" } } } }),
      want: ["spec.mcpServers[0].auth forbidden"],
    },
    "headers as a map": { of: serving({ name: "a", url, headers: { "X-Key": { secretKeyRef } } }) },
    "a header is one line of a good name": {
      of: serving({
        name: "a",
        url,
        headers: [
          { name: "X-A", value: "1\r\nX-B: 2" },
          { name: "X A", value: "1" },
          { name: "X-C", value: "1", valueFrom: { secretKeyRef } },
        ],
      }),
      want: [
        "spec.mcpServers[0].headers[0].value format",
        "spec.mcpServers[0].headers[1].name name",
        "spec.mcpServers[0].headers[2] forbidden",
      ],
    },
  });
});

describe("checkObject: what settings demand of servers (B18)", () => {
  const known = (all: Record<string, ArkSettingsSpec>): CheckContext => ({
    settingsOf: (name) => (Object.hasOwn(all, name) ? normalizeArkSettings(someSettings(all[name])) : undefined),
  });
  const allows = (...mcpAllowlist: string[]) => known({ house: { security: { mcpAllowlist } } });
  const agent = (address: string) => anAgent({ configRef: "house", mcpServers: [{ name: "a", url: address }] });
  const REFUSED = ["spec.mcpServers[0].url forbidden"];
  const strict = known({ house: { security: { requireMCPAuth: true } } });
  verdicts({
    "the host is enough": { of: agent("https://a.example/mcp"), context: allows("https://a.example") },
    "the first segments are enough": { of: agent("https://a.example/mcp/v1?x=1"), context: allows("https://a.example/mcp/") },
    "a segment is whole": { of: agent("https://a.example/mcp2"), context: allows("https://a.example/mcp"), want: REFUSED },
    "a host is whole": { of: agent("https://a.example.evil.com/mcp"), context: allows("https://a.example"), want: REFUSED },
    "a scheme counts": { of: agent("http://a.example/mcp"), context: allows("https://a.example"), want: REFUSED },
    "a port counts": { of: agent("https://a.example:8443/"), context: allows("https://a.example"), want: REFUSED },
    "the usual port does not": { of: agent("https://a.example:443/"), context: allows("https://A.example/") },
    "dots do not climb": { of: agent("https://a.example/mcp/%2e%2e/admin"), context: allows("https://a.example/mcp"), want: REFUSED },
    "an empty list allows nothing": { of: agent("https://a.example"), context: allows(), want: REFUSED },
    "settings that are not at hand say nothing": { of: agent("https://a.example"), context: known({}) },
    "the last list counts": {
      of: anAgent({ configRef: "one", settingsRefs: [{ name: "two" }], mcpServers: [{ name: "a", url }] }),
      context: known({ one: { security: { mcpAllowlist: [] } }, two: { security: { mcpAllowlist: [url] } } }),
    },
    "who has to authenticate does": { of: agent(url), context: strict, want: ["spec.mcpServers[0].auth required"] },
    "a program need not": { of: anAgent({ configRef: { name: "house" }, mcpServers: [{ name: "a", command: "npx" }] }), context: strict },
    "inline roles obey too": {
      of: aTeam()
        .role("b", { configRef: "house", mcpServers: [{ name: "a", url }] })
        .build(),
      context: allows("https://other.example"),
      want: ["spec.roles[1].mcpServers[0].url forbidden"],
    },
  });
});
