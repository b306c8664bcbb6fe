// The kinds whose rules are few: ArkSettings, ArkMemory, ArkService, ArkNotify, ArkRegistry, ArkBudget.
import { verdicts } from "../test/builders/faults.ts";
import { aBudget, aMemory, aNotify, aRegistry, aService, someSettings } from "../test/builders/objects.ts";

describe("checkObject: ArkSettings (B13a, B18)", () => {
  verdicts({
    "nothing need be set": { of: someSettings() },
    "two fragments of one name": {
      of: someSettings({
        fragments: [
          { name: "a", text: "x" },
          { name: "a", text: "y", position: "prepend" },
        ],
      }),
      want: ["spec.fragments[1].name duplicate"],
    },
    "an allow list holds addresses": {
      of: someSettings({ security: { mcpAllowlist: ["https://a.example/mcp", "a.example", "*"] } }),
      want: ["spec.security.mcpAllowlist[1] format", "spec.security.mcpAllowlist[2] format"],
    },
  });
});

describe("checkObject: ArkMemory (§2.6)", () => {
  const vectorStore = { provider: "qdrant", endpoint: "http://qdrant:6333" } as const;
  verdicts({
    "in context": { of: aMemory() },
    "redis needs its options": { of: aMemory({ backend: "redis" }), want: ["spec.redis required"] },
    "vector-store needs its options": { of: aMemory({ backend: "vector-store" }), want: ["spec.vectorStore required"] },
    "a vector store": { of: aMemory({ backend: "vector-store", vectorStore }) },
    "an endpoint is an address": {
      of: aMemory({ backend: "vector-store", vectorStore: { ...vectorStore, endpoint: "qdrant" } }),
      want: ["spec.vectorStore.endpoint format"],
    },
    "a plugin": { of: aMemory({ backend: "mine", config: { a: { b: 1 } } }) },
  });
});

describe("checkObject: ArkService (§2.7, B13a)", () => {
  verdicts({
    "one port of each": { of: aService({ ports: [{ protocol: "A2A" }, { protocol: "HTTP" }] }) },
    "two ports of one number": {
      of: aService({ ports: [{ protocol: "A2A", port: 80 }, { port: 80 }] }),
      want: ["spec.ports[1].port duplicate"],
    },
    "a usual port counts too": { of: aService({ ports: [{ port: 8080 }, { protocol: "A2A" }] }), want: ["spec.ports[1].port duplicate"] },
    "a port outside 1 to 65535": { of: aService({ ports: [{ port: 65536 }] }), want: ["spec.ports[0].port range"] },
  });
});

describe("checkObject: ArkNotify (§2.8, B95)", () => {
  const url = "https://hooks.example.com/ark";
  const from = { name: "hooks", key: "URL" };
  const saying = (template: string) => aNotify({ channels: [{ type: "webhook", webhook: { url }, template }] });
  verdicts({
    "a webhook": { of: aNotify() },
    "the other shape": {
      of: {
        ...aNotify(),
        spec: {
          channel: { type: "slack", slack: { webhookUrlSecretRef: from } },
          events: [{ type: "TeamFailed", template: "{{ .Message }}" }],
        },
      },
    },
    "somebody is told": { of: { ...aNotify(), spec: {} }, want: ["spec.channels required"] },
    "both shapes": {
      of: aNotify({ channel: { type: "slack", slack: { webhookURLFrom: from } }, on: ["TeamFailed"], events: [{ type: "TeamFailed" }] }),
      want: ["spec forbidden", "spec forbidden"],
    },
    "a webhook has options": {
      of: aNotify({ channels: [{ type: "webhook" }, { type: "slack" }] }),
      want: ["spec.channels[0].webhook required", "spec.channels[1].slack required"],
    },
    "a webhook has one address": {
      of: aNotify({
        channels: [
          { type: "webhook", webhook: { url, urlFrom: from } },
          { type: "webhook", webhook: {} },
        ],
      }),
      want: ["spec.channels[0].webhook forbidden", "spec.channels[1].webhook required"],
    },
    "an address is one": {
      of: aNotify({ channels: [{ type: "webhook", webhook: { url: "nowhere" } }] }),
      want: ["spec.channels[0].webhook.url format"],
    },
    "a plugin has its own options": { of: aNotify({ channels: [{ type: "pager" }] }) },
    "templates know the message": {
      of: saying("{{ .Event }} {{ .Team }} {{ .TeamName }} {{ .RunName }} {{ .message }} {{ .run.name }} {{ .team.name }} {{ .agent }}"),
    },
    "another name is a warning": { of: saying("{{ .RunNmae }}"), warns: ["spec.channels[0].template template"] },
    "a template is one": { of: saying("{{ .Event"), want: ["spec.channels[0].template template"] },
  });
});

describe("checkObject: ArkRegistry and ArkBudget (§2.9, §2.10)", () => {
  verdicts({
    "a registry": { of: aRegistry() },
    "two bindings of one capability": {
      of: aRegistry({
        mcpBindings: [
          { capabilityId: "a", url: "https://a.example" },
          { capabilityId: "a", url: "b" },
        ],
      }),
      want: ["spec.mcpBindings[1].capabilityId duplicate", "spec.mcpBindings[1].url format"],
    },
    "a budget": { of: aBudget() },
    "a budget in numbers": { of: aBudget({ limit: 12.5 }) },
    "a budget of all the money": { of: aBudget({ limit: "99999999999" }), want: ["spec.limit range"] },
  });
});
