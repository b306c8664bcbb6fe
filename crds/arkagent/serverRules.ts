// MCP servers of an agent: one way to reach each, one way to authenticate, and no more than its settings allow (B13a, B18).
import { type FieldError, fault } from "../fault.ts";
import type { FieldPath } from "../fieldPath.ts";
import type { McpServer } from "../generated/types.ts";
import { refName } from "../refs.ts";
import { duplicates, exactlyOne, type Rule } from "../rule.ts";
import { httpAddressFaults, isAllowedAddress } from "../webAddress.ts";
import { headerFaults } from "./headers.ts";
import type { AgentFields } from "./normalize.ts";
import type { AgentSubject } from "./subject.ts";

const serversAreDistinct: Rule<AgentSubject> = ({ fields, at }) =>
  duplicates(
    serversOf(fields).map((server) => server.name),
    at.child("mcpServers"),
    "name",
    "MCP server",
  );

/** Models take letters, digits, `_` and `-` in the name of a tool, and a server's name is the first half of it (B73). */
const serverNamesAreUsable: Rule<AgentSubject> = eachServer((server, at) =>
  /^[A-Za-z0-9_-]+$/.test(server.name)
    ? []
    : [
        fault(
          at.child("name"),
          "name",
          `${JSON.stringify(server.name)} becomes part of its tools' names: letters, digits, "_" and "-" only`,
        ),
      ],
);

const serversAreReachedOneWay: Rule<AgentSubject> = eachServer((server, at) =>
  exactlyOne(server, ["url", "command", "capabilityRef"], at, "give exactly one of url, command and capabilityRef"),
);

const serverAddressesAreAddresses: Rule<AgentSubject> = eachServer((server, at) =>
  server.url === undefined ? [] : httpAddressFaults(server.url, at.child("url")),
);

const serversAuthenticateOneWay: Rule<AgentSubject> = eachServer((server, at) =>
  server.auth === undefined
    ? []
    : exactlyOne(
        server.auth,
        ["bearer", "mtls", "tokenSecretRef"],
        at.child("auth"),
        "give exactly one of bearer, mtls and tokenSecretRef",
      ),
);

const serverHeadersAreHeaders: Rule<AgentSubject> = eachServer((server, at) => headerFaults(server.headers, at.child("headers")));

/** B18: the one allow list that counts is that of the last settings that have one; of settings not at hand nothing is known. */
const serversAreAllowed: Rule<AgentSubject> = ({ fields, at, context }) => {
  const settings = settingsNames(fields).map((name) => ({ name, known: context.settingsOf?.(name) }));
  const last = settings.findLast(({ known }) => !known || known.mcpAllowlist !== undefined);
  const allowlist = last?.known?.mcpAllowlist;
  if (allowlist === undefined) return [];
  return serversOf(fields).flatMap((server, i) => {
    if (server.url === undefined || isAllowedAddress(server.url, allowlist)) return [];
    const message = `is not in mcpAllowlist of ArkSettings ${JSON.stringify(last?.name)}, which has ${allowlist.slice(0, 8).join(", ") || "no entry"}`;
    return [fault(at.child("mcpServers", i, "url"), "forbidden", message)];
  });
};

/** B18: one of the settings is enough. A server that is started as a program has nobody to prove itself to. */
const serversAuthenticate: Rule<AgentSubject> = ({ fields, at, context }) => {
  const strict = settingsNames(fields).find((name) => context.settingsOf?.(name)?.requireMCPAuth === true);
  if (strict === undefined) return [];
  return serversOf(fields).flatMap((server, i) =>
    server.command !== undefined || server.auth !== undefined
      ? []
      : [
          fault(
            at.child("mcpServers", i, "auth"),
            "required",
            `requireMCPAuth of ArkSettings ${JSON.stringify(strict)} asks for it; give bearer or mtls`,
          ),
        ],
  );
};

/** Names of the ArkSettings of an agent, in the order in which they are merged. */
function settingsNames(fields: AgentFields): string[] {
  const first = refName(fields.configRef);
  return [...(first === undefined ? [] : [first]), ...(fields.settingsRefs ?? []).map((ref) => ref.name)];
}

function eachServer(check: (server: McpServer, at: FieldPath) => FieldError[]): Rule<AgentSubject> {
  return ({ fields, at }) => serversOf(fields).flatMap((server, i) => check(server, at.child("mcpServers", i)));
}

function serversOf(fields: AgentFields): readonly McpServer[] {
  return fields.mcpServers ?? [];
}

/** The rules of `mcpServers`. */
export const serverRules: readonly Rule<AgentSubject>[] = [
  serversAreDistinct,
  serverNamesAreUsable,
  serversAreReachedOneWay,
  serverAddressesAreAddresses,
  serversAuthenticateOneWay,
  serverHeadersAreHeaders,
  serversAreAllowed,
  serversAuthenticate,
];
