// Is an answer acceptable (B43, B44)? Checks in their order, the first that fails is the reason: rejectPatterns → contains → schema (the
// step's own, then the validation's) → semantic, which is a question to a model and therefore an outcome of its own.
import { type CanonicalStep, compileJsonSchema, compilePattern, type JsonValue } from "../crds/index.ts";
import { extractJson } from "./extractJson.ts";
import type { Answer } from "./runIndex.ts";

/** What the checks that cost nothing say. `isFinal`: no further attempt, whatever the step allows. */
export type Checked =
  | { readonly is: "accepted"; readonly answer: Answer }
  | { readonly is: "rejected"; readonly reason: string; readonly isFinal: boolean }
  | { readonly is: "judge"; readonly answer: Answer; readonly criterion: string };

/** Whether a step's answers are looked at before they are accepted. */
export function isChecked(step: CanonicalStep): boolean {
  return step.outputSchema !== undefined || step.validate !== undefined;
}

/** Checks a whole answer. `stopReason` "length" says that the model was cut: under a schema that is never an answer. */
export function checkAnswer(step: CanonicalStep, text: string, stopReason: string): Checked {
  const { validate, outputSchema } = step;
  for (const pattern of validate?.rejectPatterns ?? []) {
    if (compilePattern(pattern).test(text))
      return { is: "rejected", reason: `the answer matches rejectPatterns ${JSON.stringify(pattern)}`, isFinal: true };
  }
  if (validate?.contains !== undefined && !text.includes(validate.contains)) {
    return { is: "rejected", reason: `the answer does not contain ${JSON.stringify(validate.contains)}`, isFinal: false };
  }
  let data: JsonValue | undefined;
  for (const schema of [outputSchema, validate?.schema]) {
    if (schema === undefined) continue;
    if (stopReason === "length")
      return { is: "rejected", reason: "the answer was cut at limits.maxTokensPerCall; answer shorter", isFinal: false };
    const found = extractJson(text);
    if (found.is === "none") return { is: "rejected", reason: found.why, isFinal: false };
    const reason = misfit(schema, found.value);
    if (reason !== undefined) return { is: "rejected", reason, isFinal: false };
    if (schema === outputSchema) data = found.value;
  }
  const answer = { text, data };
  if (validate?.semantic !== undefined) return { is: "judge", answer, criterion: validate.semantic };
  return { is: "accepted", answer };
}

/** Faults that are told: the rest is most often a consequence of the first. */
const TOLD_FAULTS = 5;

function misfit(schema: string, value: JsonValue): string | undefined {
  const faults = compileJsonSchema(schema).check(value);
  if (faults.length === 0) return undefined;
  const told = faults.slice(0, TOLD_FAULTS).map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  return `the answer does not fit the schema: ${told.join("; ")}`;
}
