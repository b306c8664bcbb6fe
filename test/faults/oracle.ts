// What must hold whatever goes wrong (RELIABILITY §2): pure functions over the history of a run of faults. Facts come from the tests' own
// dispatcher, model server and hand, never from what the product says of itself, but for the verdicts that it tells.
import type { Counters } from "../../plugins/sdk/index.ts";

/** One thing that happened. */
export type Fact =
  | { readonly is: "submit"; readonly task: string }
  /** The model was asked for a task: written before it answers. */
  | { readonly is: "call"; readonly task: string }
  /** A verdict, each time that a new event tells one. */
  | {
      readonly is: "verdict";
      readonly task: string;
      readonly id: string;
      readonly state: string;
      readonly output: string | undefined;
      /** Of a failure. */
      readonly reason?: string | undefined;
      readonly counters: Counters;
    }
  /** A dead letter that lies there at the end. */
  | { readonly is: "letter"; readonly task: string; readonly reason: string }
  | { readonly is: "fault"; readonly kind: "kill" | "pause" | "wipe" | "restart" };

/** What was broken, and by which task. */
export interface Violation {
  readonly invariant: string;
  readonly task: string;
  readonly message: string;
}

/** All invariants. Tasks that a fault may execute anew without counting it (a wiped store) are allowed one more execution for each wipe. */
export function violations(history: readonly Fact[], { slots }: { readonly slots: number }): Violation[] {
  const submitted = new Set(history.flatMap((fact) => (fact.is === "submit" ? [fact.task] : [])));
  const calls = new Map<string, number>();
  const verdicts = new Map<string, Extract<Fact, { is: "verdict" }>[]>();
  let [kills, wipes] = [0, 0];
  for (const fact of history) {
    if (fact.is === "call") calls.set(fact.task, (calls.get(fact.task) ?? 0) + 1);
    if (fact.is === "verdict") verdicts.set(fact.task, [...(verdicts.get(fact.task) ?? []), fact]);
    if (fact.is === "fault" && (fact.kind === "kill" || fact.kind === "pause")) kills += 1;
    if (fact.is === "fault" && fact.kind === "wipe") wipes += 1;
  }
  // An entry that belongs to no task has a letter and no verdict.
  const letters = history.filter((fact) => fact.is === "letter").filter(({ reason }) => reason !== "Foreign");
  const found: Violation[] = [];
  for (const task of submitted) {
    const told = verdicts.get(task) ?? [];
    const [first] = told;
    if (!first) {
      found.push({ invariant: "I1", task, message: "it was accepted and never answered" });
      continue;
    }
    const answers = new Set(told.map(({ id, state, output }) => `${id} ${state} ${output}`));
    if (answers.size > 1 && wipes === 0) found.push({ invariant: "I3", task, message: `it was answered ${answers.size} times` });
    const outputs = new Set(told.flatMap(({ state, output }) => (state === "done" ? [output] : [])));
    if (outputs.size > 1) found.push({ invariant: "I3", task, message: "two different results were recorded" });
    const { crashes, errors, throttled } = told.at(-1)?.counters ?? { crashes: 0, errors: 0, throttled: 0 };
    const allowed = 1 + crashes + errors + throttled + wipes;
    const made = calls.get(task) ?? 0;
    if (made > allowed) found.push({ invariant: "I4", task, message: `it was executed ${made} times, and ${allowed} are explained` });
    const last = told.at(-1);
    const written = letters.filter((letter) => letter.task === task);
    if (last?.state === "dead" && wipes === 0) {
      if (written.length !== 1) found.push({ invariant: "I5", task, message: `it died, and ${written.length} letters tell of it` });
      if ((last.reason ?? "") === "") found.push({ invariant: "I5", task, message: "it died without a reason" });
      if (written.some(({ reason }) => reason === "Poison") && crashes < 3)
        found.push({ invariant: "I5", task, message: "it is poison, and its deliveries did not end without a verdict" });
    } else if (last?.state !== "dead" && written.length > 0)
      found.push({ invariant: "I5", task, message: "a letter tells of it, and it did not die" });
  }
  for (const task of verdicts.keys()) if (!submitted.has(task)) found.push({ invariant: "I1", task, message: "nobody submitted it" });
  const crashed = [...verdicts.values()].reduce((sum, told) => sum + (told.at(-1)?.counters.crashes ?? 0), 0);
  if (crashed > kills * slots && wipes === 0) {
    found.push({
      invariant: "I4",
      task: "",
      message: `${crashed} crashes were counted, and ${kills} faults explain at most ${kills * slots}`,
    });
  }
  return found;
}
