// Older shapes of our kinds (SPEC §3) in their current form. Pure; an object that is current already comes back equal.
import type { JsonObject, JsonValue } from "../../../crds/index.ts";
import { teamOfFlow, templateName } from "./arkFlow.ts";
import { asList, asObject, asText, currentTemplate, defined, mapStrings, without } from "./shapes.ts";

const OUTPUT_TYPES = ["pipeline-output", "flow-output"];

/** The object in its current shape. Objects of other groups and kinds without older shapes are handed back as they are. */
export function currentOf(object: JsonObject): JsonObject {
  if (!asText(object["apiVersion"]).startsWith("arkonis.dev/")) return object;
  const spec = asObject(object["spec"]);
  switch (asText(object["kind"])) {
    case "ArkFlow":
      return teamOfFlow(object);
    case "ArkTeam":
      return { ...object, spec: currentTeam(spec) };
    case "ArkAgent":
      return { ...object, spec: currentAgent(spec) };
    case "ArkEvent":
      return { ...object, spec: currentEvent(spec) };
    case "ArkNotify":
      return { ...object, spec: currentNotify(spec) };
    default:
      return object;
  }
}

function currentTeam(spec: JsonObject): JsonObject {
  const templates = (value: JsonValue | undefined): JsonValue | undefined =>
    value === undefined ? undefined : mapStrings(value, currentTemplate);
  const members = asList(spec["members"]).map(asObject);
  const fromMembers =
    members.length === 0
      ? {}
      : {
          entry: members.filter((member) => member["entry"] === true).map((member) => templateName(asText(member["role"])))[0],
          roles: members.map((member) =>
            defined({
              name: templateName(asText(member["role"])),
              arkAgent: member["arkAgent"],
              canDelegate:
                member["delegates"] === undefined
                  ? undefined
                  : asList(member["delegates"]).map((name) => (name === "*" ? "*" : templateName(asText(name)))),
            }),
          ),
        };
  return defined({
    ...without(spec, "members"),
    ...defined(fromMembers),
    roles:
      "roles" in fromMembers
        ? fromMembers.roles
        : spec["roles"] === undefined
          ? undefined
          : asList(spec["roles"]).map((role) => currentRole(asObject(role))),
    pipeline: templates(spec["pipeline"]),
    output: templates(spec["output"]),
    ...refs(spec, "notifyRef", "budgetRef", "registryRef"),
  });
}

function currentRole(role: JsonObject): JsonObject {
  const resources = asObject(role["resources"]);
  const maxConcurrentTasks = resources["maxConcurrentTasks"];
  const current = currentAgent(role);
  if (maxConcurrentTasks === undefined) return current;
  const left = without(resources, "maxConcurrentTasks");
  return defined({
    ...current,
    resources: Object.keys(left).length === 0 ? undefined : left,
    limits: { ...asObject(role["limits"]), maxConcurrentTasks },
  });
}

function currentAgent(spec: JsonObject): JsonObject {
  const mode = asObject(spec["networkPolicy"])["mode"];
  return defined({
    ...spec,
    mcpServers: spec["mcpServers"] === undefined ? undefined : asList(spec["mcpServers"]).map((server) => currentServer(asObject(server))),
    networkPolicy: mode === undefined ? spec["networkPolicy"] : mode,
    ...refs(spec, "configRef"),
  });
}

function currentServer(server: JsonObject): JsonObject {
  const headers = server["headers"];
  const auth = asObject(server["auth"]);
  const list =
    headers === undefined || Array.isArray(headers)
      ? headers
      : Object.entries(asObject(headers)).map(([name, from]) =>
          typeof from === "string" ? { name, value: from } : { name, valueFrom: { secretKeyRef: asObject(from)["secretKeyRef"] ?? {} } },
        );
  const bearer = auth["tokenSecretRef"];
  return defined({
    ...server,
    headers: list,
    auth: bearer === undefined ? server["auth"] : { bearer: { secretKeyRef: bearer } },
  });
}

function currentEvent(spec: JsonObject): JsonObject {
  const source = asObject(spec["source"]);
  const older = source["pipelineOutput"] ?? source["flow"];
  const isOlder = OUTPUT_TYPES.includes(asText(source["type"])) || older !== undefined;
  return defined({
    ...spec,
    source:
      spec["source"] === undefined
        ? undefined
        : isOlder
          ? defined({ ...without(source, "pipelineOutput", "flow"), type: "team-output", teamOutput: source["teamOutput"] ?? older })
          : source,
    targets:
      spec["targets"] === undefined
        ? undefined
        : asList(spec["targets"]).map((target) => {
            const { pipeline, ...rest } = asObject(target) as { readonly [key: string]: JsonValue };
            return defined({ ...(pipeline === undefined ? {} : { team: pipeline }), ...rest });
          }),
  });
}

function currentNotify(spec: JsonObject): JsonObject {
  const channel = asObject(spec["channel"]);
  if (spec["channel"] === undefined) return spec;
  const slack = asObject(channel["slack"]);
  const events = asList(spec["events"]).map(asObject);
  const rate = asObject(spec["rateLimiting"]);
  const base = defined({
    ...channel,
    slack: slack["webhookUrlSecretRef"] === undefined ? channel["slack"] : { webhookURLFrom: slack["webhookUrlSecretRef"] },
  });
  const templates = [...new Set(events.map((event) => event["template"]).filter((template) => template !== undefined))];
  return defined({
    ...without(spec, "channel", "events", "rateLimiting"),
    on: events.length === 0 ? spec["on"] : events.map((event) => event["type"] ?? ""),
    channels: templates.length === 1 ? [{ ...base, template: templates[0] ?? "" }] : [base],
    rateLimitSeconds: rate["windowSeconds"] ?? spec["rateLimitSeconds"],
  });
}

/** References by name that were written as plain strings. */
function refs(spec: JsonObject, ...fields: readonly string[]): { [field: string]: JsonValue } {
  return Object.fromEntries(fields.filter((field) => typeof spec[field] === "string").map((field) => [field, { name: spec[field] ?? "" }]));
}
