// Arguments of tool calls, between what models write and what vendors take.
import type { JsonObject, JsonValue } from "../../../crds/json.ts";
import { MAX_JSON_DEPTH } from "./limits.ts";

/** The value that a model wrote; text that is no JSON, or deeper than {@link MAX_JSON_DEPTH}, stays text: the runtime tells the model. Nothing is `{}`. */
export function parseArguments(text: string): JsonValue {
  if (text.trim() === "") return {};
  if (depthOf(text) > MAX_JSON_DEPTH) return text;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

/** Arguments as text, from a vendor that may send them as text or as the value itself. */
export function argumentsText(args: unknown): string {
  if (typeof args === "string") return args;
  if (args === undefined || args === null) return "";
  try {
    return JSON.stringify(args);
  } catch {
    return "arguments nested deeper than can be written"; // stringify recurses, parse does not
  }
}

/** Arguments as the object that vendors want back in the conversation; what was none is shown to the model as what it wrote. */
export function argumentsObject(args: JsonValue): JsonObject {
  if (typeof args === "object" && args !== null && !Array.isArray(args)) return args as JsonObject;
  return { arguments: typeof args === "string" ? args.slice(0, 4_096) : args };
}

/** A tool's name as every vendor takes it, 64 characters of `[A-Za-z0-9_-]`: a model may have called what is none, and its history goes back to it. */
export function wireToolName(name: string): string {
  return name.replace(/[^\w-]/gu, "_").slice(0, 64) || "unknown";
}

/** How deep brackets nest in JSON text, strings passed over. Cost: O(length), no recursion. */
function depthOf(text: string): number {
  let [depth, deepest, inString] = [0, 0, false];
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (inString) {
      if (character === "\\") i++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{" || character === "[") deepest = Math.max(deepest, ++depth);
    else if (character === "}" || character === "]") depth--;
  }
  return deepest;
}
