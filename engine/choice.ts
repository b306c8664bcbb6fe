import { extractJson } from "./extractJson.ts";

/** What a router said. */
export interface Choice {
  readonly capability: string;
  readonly reason: string;
}

/** Reads `{capability, reason}`; undefined when it is something else. */
export function choiceOf(answer: string): Choice | undefined {
  const found = extractJson(answer);
  if (found.is === "none" || typeof found.value !== "object" || found.value === null || Array.isArray(found.value)) return undefined;
  const fields = new Map(Object.entries(found.value));
  const [capability, reason] = [fields.get("capability"), fields.get("reason")];
  if (typeof capability !== "string") return undefined;
  return { capability, reason: typeof reason === "string" ? reason : "" };
}
