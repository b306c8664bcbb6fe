import { expect } from "chai";
import type { ArkRun, PipelineStep } from "../crds/index.ts";
import type { Task } from "../plugins/sdk/index.ts";
import { aPipeline, aRun, aSnapshot } from "./builders.ts";
import { IN_ORDER, type Reply, type Scenario, Simulation } from "./simulation.ts";

/** How a run ended: its phase and reason, and each step as `name:phase`. */
interface Ending {
  readonly run: string;
  readonly steps: string;
}

function endingOf(scenario: Partial<Scenario> & Pick<Scenario, "snapshot">): { ending: Ending; simulation: Simulation } {
  const simulation = new Simulation({ run: aRun({ topic: "rain" }), reply: () => ({ text: "fine" }), ...scenario }, IN_ORDER);
  const { status } = simulation.drive();
  const reason = status.conditions?.find(({ type }) => type === "Ready")?.reason ?? "";
  return {
    ending: { run: `${status.phase} ${reason}`, steps: status.steps.map(({ name, phase }) => `${name}:${phase}`).join(" ") },
    simulation,
  };
}

const a: PipelineStep = { role: "a", inputs: { prompt: "{{ .input.topic }}" } };
const b: PipelineStep = { role: "b", dependsOn: ["a"], inputs: { text: "{{ .steps.a.output }}" } };
const fails =
  (step: string) =>
  (task: Task): Reply =>
    task.step === step ? { failure: "Permanent" } : { text: "fine" };

describe("plan: what a run does (B40–B50)", () => {
  const cases: Record<string, { scenario: Partial<Scenario> & Pick<Scenario, "snapshot">; want: Ending }> = {
    "a step starts when what it needs has ended (B40)": {
      scenario: { snapshot: aPipeline([a, b]) },
      want: { run: "Succeeded Succeeded", steps: "a:Succeeded b:Succeeded" },
    },
    "a condition that is false skips the step, and what needs it goes on (B41)": {
      scenario: { snapshot: aPipeline([{ ...a, if: "{{ false }}" }, b]) },
      want: { run: "Succeeded Succeeded", steps: "a:Skipped b:Succeeded" },
    },
    "a run in which every step is skipped has succeeded (B41)": {
      scenario: { snapshot: aPipeline([{ ...a, if: "no" }]) },
      want: { run: "Succeeded Succeeded", steps: "a:Skipped" },
    },
    "an error in a condition fails the step (B32)": {
      scenario: { snapshot: aPipeline([{ ...a, if: '{{ fromJson "no json" }}' }]) },
      want: { run: "Failed StepFailed", steps: "a:Failed" },
    },
    "a failed step fails the run; what needs it never starts (B46)": {
      scenario: { snapshot: aPipeline([a, b]), reply: fails("a") },
      want: { run: "Failed StepFailed", steps: "a:Failed b:Pending" },
    },
    "with onError: continue the run goes on (B46)": {
      scenario: { snapshot: aPipeline([{ ...a, onError: "continue" }, b]), reply: fails("a") },
      want: { run: "Succeeded Succeeded", steps: "a:Failed b:Succeeded" },
    },
    "a cancelled run starts nothing (B47)": {
      scenario: { snapshot: aPipeline([a, b]), run: aRun({}, { cancel: true }) },
      want: { run: "Cancelled Cancelled", steps: "a:Pending b:Pending" },
    },
    "an answer that does not fit its schema is rejected (B43)": {
      scenario: { snapshot: aPipeline([{ ...a, outputSchema: '{"type": "object"}' }]) },
      want: { run: "Failed StepFailed", steps: "a:Failed" },
    },
    "an answer in a fence fits as well as a bare one (B43)": {
      scenario: {
        snapshot: aPipeline([{ ...a, outputSchema: '{"type": "object"}' }]),
        reply: () => ({ text: 'Here:\n```json\n{"x": 1}\n```' }),
      },
      want: { run: "Succeeded Succeeded", steps: "a:Succeeded" },
    },
    "a rejected answer is asked again, at most maxRetries times (B44)": {
      scenario: {
        snapshot: aPipeline([{ ...a, validate: { contains: "good", onFailure: "retry", maxRetries: 2 } }]),
        reply: ({ attempt }) => ({ text: attempt === 3 ? "good" : "bad" }),
      },
      want: { run: "Succeeded Succeeded", steps: "a:Succeeded" },
    },
    "a rejected pattern fails at once, also with retries (B44)": {
      scenario: { snapshot: aPipeline([{ ...a, validate: { rejectPatterns: ["fin"], onFailure: "retry", maxRetries: 2 } }]) },
      want: { run: "Failed StepFailed", steps: "a:Failed" },
    },
    "a judge that says neither yes nor no has said no (B44)": {
      scenario: {
        snapshot: aPipeline([{ ...a, validate: { semantic: "Is it good?", onFailure: "fail" } }]),
        reply: ({ kind }) => ({ text: kind === "judge" ? "Perhaps." : "fine" }),
      },
      want: { run: "Failed StepFailed", steps: "a:Failed" },
    },
    "a person rejects a step (B50)": {
      scenario: { snapshot: aPipeline([{ ...a, approval: { message: "may it?" } }]), decide: () => "reject" },
      want: { run: "Failed StepFailed", steps: "a:Failed" },
    },
    "an entry role's answer is the result of a free team (B64)": {
      scenario: { snapshot: aSnapshot({ entry: "lead", roles: [{ name: "lead", model: "mock", systemPrompt: "Lead." }] }) },
      want: { run: "Succeeded Succeeded", steps: "lead:Succeeded" },
    },
  };
  for (const [sentence, { scenario, want }] of Object.entries(cases)) {
    it(sentence, () => expect(endingOf(scenario).ending).to.deep.equal(want));
  }

  it("runs a loop until its condition is false, and no more often than its cap; tokens of all rounds count (B45)", () => {
    const loop = (condition: string, maxIterations: number): Simulation =>
      endingOf({
        snapshot: aPipeline([
          { ...a, inputs: { round: "{{ .loop.iteration }} after <{{ .steps.a.output }}>" }, loop: { condition, maxIterations } },
        ]),
        reply: ({ iteration }) => ({ text: `answer ${iteration}`, tokens: 10 }),
      }).simulation;
    const ended = loop("{{ lt .loop.iteration 3 }}", 5);
    expect(ended.dispatched.map(({ prompt }) => prompt)).to.deep.equal([
      "round: 1 after <>",
      "round: 2 after <answer 1>",
      "round: 3 after <answer 2>",
    ]);
    expect(ended.index.status.totalTokenUsage?.totalTokens).to.equal(33);
    const capped = loop("true", 4);
    expect(capped.dispatched).to.have.length(4);
    expect(capped.index.status.steps[0]?.message).to.match(/maxIterations/);
    expect(capped.index.status.phase).to.equal("Succeeded");
  });

  it("renders inputs sorted by key, and a single prompt bare (B42)", () => {
    const prompts = (inputs: Record<string, string>): string[] =>
      endingOf({ snapshot: aPipeline([{ role: "a", inputs }]) }).simulation.dispatched.map(({ prompt }) => prompt);
    expect(prompts({ z: "1", b: "{{ .input.topic }}", "a-key": "3" })).to.deep.equal(["a-key: 3\nb: rain\nz: 1"]);
    expect(prompts({ prompt: "{{ .input.topic }}" })).to.deep.equal(["rain"]);
  });

  it("hands a rejected answer's reason to the model (B44)", () => {
    const { simulation } = endingOf({
      snapshot: aPipeline([{ ...a, validate: { contains: "good", onFailure: "retry", maxRetries: 1 } }]),
      reply: ({ attempt }) => ({ text: attempt === 2 ? "good" : "bad" }),
    });
    expect(simulation.dispatched.map(({ attempt, feedback }) => [attempt, feedback !== undefined])).to.deep.equal([
      [1, false],
      [2, true],
    ]);
  });

  it("never changes a terminal phase (B47)", () => {
    const { simulation } = endingOf({ snapshot: aPipeline([a]) });
    const before = JSON.stringify(simulation.index.status);
    simulation.index.run = { ...simulation.index.run, spec: { ...simulation.index.run.spec, cancel: true } } satisfies ArkRun;
    simulation.pass();
    expect(JSON.stringify(simulation.index.status)).to.equal(before);
  });
});
