// The older kind ArkFlow: steps that each name an agent. A pipeline team says the same (B101).
import type { JsonObject, JsonValue } from "../../../crds/index.ts";
import { asList, asObject, asText, currentTemplate, defined, mapStrings } from "./shapes.ts";

/** Step fields that mean the same in a pipeline. */
const STEP_FIELDS = ["inputs", "dependsOn", "if", "loop", "outputSchema"] as const;
/** Flow fields that mean the same on a team. */
const FLOW_FIELDS = ["input", "output", "timeoutSeconds", "maxTokens"] as const;

/** An ArkTeam that runs as the flow did. Names with hyphens get underscores, because templates read them; what refers to them follows. */
export function teamOfFlow(flow: JsonObject): JsonObject {
  const spec = asObject(flow["spec"]);
  const steps = asList(spec["steps"]).map(asObject);
  const nameOf = (name: JsonValue | undefined): string => templateName(asText(name));
  const renamed = new Map(steps.map((step) => [asText(step["name"]), nameOf(step["name"])]));
  const follow = (value: JsonValue): JsonValue => mapStrings(value, currentTemplate);
  return {
    apiVersion: "arkonis.dev/v1alpha1",
    kind: "ArkTeam",
    metadata: flow["metadata"] ?? {},
    spec: defined({
      ...Object.fromEntries(FLOW_FIELDS.filter((field) => spec[field] !== undefined).map((field) => [field, follow(spec[field] ?? null)])),
      roles: steps.map((step) => defined({ name: nameOf(step["name"]), arkAgent: step["arkAgent"] })),
      pipeline: steps.map((step) => ({
        role: nameOf(step["name"]),
        ...Object.fromEntries(
          STEP_FIELDS.filter((field) => step[field] !== undefined).map((field) => [
            field,
            field === "dependsOn"
              ? asList(step[field]).map((name) => renamed.get(asText(name)) ?? name)
              : field === "outputSchema"
                ? (step[field] ?? null)
                : follow(step[field] ?? null),
          ]),
        ),
      })),
    }),
  };
}

/** What a template can call it: `legal-review` becomes `legal_review`. */
export function templateName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, "_")
    .replace(/^[^a-z]+/, "")
    .replace(/_+$/, "");
}
