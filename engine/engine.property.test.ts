import { expect } from "chai";
import fc from "fast-check";
import type { ArkRun, PipelineStep, RunSnapshot } from "../crds/index.ts";
import type { Task } from "../plugins/sdk/index.ts";
import { aPipeline, aRun } from "./builders.ts";
import { openRun } from "./open.ts";
import { plan } from "./plan.ts";
import { type Disorder, IN_ORDER, PLAIN_WORLD, type Reply, type Scenario, Simulation } from "./simulation.ts";
import { sha256Of } from "./text.ts";

/** Whole numbers by a seed. */
function chooser(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** A number that a task always has. */
function fate(task: Task, salt: string): number {
  return Number.parseInt(sha256Of(`${salt}/${task.step}/${task.iteration}/${task.attempt}`).slice(0, 8), 16);
}

function replyOf(salt: string, failOneIn: number) {
  return (task: Task): Reply => {
    const drawn = fate(task, salt);
    if (task.kind === "judge") return { text: drawn % 3 === 0 ? "INVALID: dull" : "VALID", tokens: 3 };
    if (failOneIn > 0 && drawn % failOneIn === 0) return { failure: "Permanent", tokens: 2 };
    const good = drawn % 4 !== 0;
    const long = drawn % 11 === 0 ? "x".repeat(9_000) : "";
    return {
      text: JSON.stringify({ ok: good, at: `${task.step}.${task.iteration}.${task.attempt}`, long }),
      tokens: drawn % 100,
      costUSD: `0.${drawn % 1_000}`,
    };
  };
}

/** A random pipeline: each step may need earlier ones and use any feature. */
function randomTeam(choose: (below: number) => number): RunSnapshot {
  const count = 1 + choose(7);
  const steps: PipelineStep[] = [];
  for (let i = 0; i < count; i++) {
    const dependsOn = steps.filter(() => choose(3) === 0).map(({ role, name }) => name ?? role);
    const read = dependsOn[0];
    const step: PipelineStep = {
      role: `s${i}`,
      inputs: { a: read === undefined ? "{{ .input.topic }}" : `{{ .steps.${read}.output }}`, b: "{{ .run.name }}" },
    };
    if (dependsOn.length > 0) step.dependsOn = dependsOn;
    if (read !== undefined && choose(4) === 0) step.if = `{{ eq .steps.${read}.phase "${["Succeeded", "Skipped", "Failed"][choose(3)]}" }}`;
    if (choose(3) === 0) step.onError = "continue";
    if (choose(4) === 0) step.outputSchema = '{"type":"object","required":["ok"]}';
    if (choose(4) === 0)
      step.loop = { condition: `{{ and (lt .loop.iteration 4) (ne .steps.s${i}.phase "") }}`, maxIterations: 1 + choose(5) };
    if (step.loop !== undefined) step.inputs = { ...step.inputs, self: `{{ .steps.s${i}.output }} in round {{ .loop.iteration }}` };
    if (choose(3) === 0) step.validate = { contains: '"ok":true', onFailure: choose(3) === 0 ? "fail" : "retry", maxRetries: choose(4) };
    if (choose(4) === 0) step.validate = { ...step.validate, semantic: "Is it bright?", onFailure: "retry", maxRetries: 3 };
    if (choose(5) === 0) step.approval = { message: "may it?" };
    steps.push(step);
  }
  return aPipeline(steps);
}

interface Summary {
  readonly phase: string;
  readonly output: unknown;
  readonly tokens: unknown;
  readonly cost: unknown;
  readonly steps: Record<string, unknown>;
}

function summaryOf(simulation: Simulation): Summary {
  const { status } = simulation.index;
  const steps = Object.fromEntries(
    status.steps.map(({ name, phase, output, outputRef, data, attempt, iterations, tokenUsage, costUSD, message }) => [
      name,
      { phase, output, outputRef, data, attempt, iterations, tokenUsage, costUSD, message },
    ]),
  );
  return { phase: status.phase, output: status.output, tokens: status.totalTokenUsage, cost: status.totalCostUSD, steps };
}

const scenario = fc.record({ team: fc.nat(), salt: fc.nat().map(String), failOneIn: fc.constantFrom(0, 6, 12), rejects: fc.nat(6) });
const disorder = fc.record({ seed: fc.nat(), crashOneIn: fc.constantFrom(0, 3, 8), repeatOneIn: fc.constantFrom(0, 2) });

function scenarioOf({ team, salt, failOneIn, rejects }: { team: number; salt: string; failOneIn: number; rejects: number }): Scenario {
  const decide = (step: string): "approve" | "reject" => (rejects === 6 && step === "s2" ? "reject" : "approve");
  return { run: aRun({ topic: "rain" }), snapshot: randomTeam(chooser(team)), reply: replyOf(salt, failOneIn), decide };
}

describe("engine: any disorder ends like the run in order (B40–B50, P1, P13, P17)", () => {
  it("holds for any order of results, repeated events, and crashes between any two actions", () => {
    fc.assert(
      fc.property(scenario, disorder, (drawn, { seed, crashOneIn, repeatOneIn }) => {
        const calm = new Simulation(scenarioOf(drawn), IN_ORDER);
        calm.drive();
        const want = summaryOf(calm);
        const rough: Disorder = { choose: chooser(seed), crashOneIn, repeatOneIn };
        const stormy = new Simulation(scenarioOf(drawn), rough);
        stormy.drive();
        const have = summaryOf(stormy);
        expect(calm.problems).to.deep.equal([]);
        expect(stormy.problems).to.deep.equal([]);
        expect(have.phase, stormy.index.status.message).to.equal(want.phase);
        if (want.phase === "Succeeded") expect(have).to.deep.equal(want);
        else {
          for (const [name, step] of Object.entries(have.steps) as [string, { phase: string; output: unknown }][]) {
            const other = want.steps[name] as { phase: string; output: unknown };
            if (step.phase === "Succeeded" && other.phase === "Succeeded") expect(step.output).to.equal(other.output);
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  it("a second plan with nothing new asks for nothing, and a reopened run only tells again what is under way", () => {
    fc.assert(
      fc.property(scenario, fc.nat(12), (drawn, passes) => {
        const simulation = new Simulation(scenarioOf(drawn), IN_ORDER);
        try {
          simulation.drive(passes);
        } catch {
          // stopped in the middle: that is the point
        }
        simulation.rest();
        const before = JSON.stringify(simulation.index.status);
        expect(plan(simulation.index, PLAIN_WORLD, simulation.nowMs)).to.deep.equal([]);
        expect(JSON.stringify(simulation.index.status)).to.equal(before);
        const again = openRun(JSON.parse(simulation.stored) as ArkRun, simulation.scenario.snapshot);
        const actions = plan(again, PLAIN_WORLD, simulation.nowMs);
        for (const action of actions) {
          if (action.is === "dispatch") expect(simulation.prompts.get(action.task.key)).to.equal(action.task.prompt);
          else expect(action.is).to.be.oneOf(["requestApproval", "cancelTask"]);
        }
        expect(JSON.stringify(again.status)).to.equal(before);
      }),
      { numRuns: 200 },
    );
  });

  it("the sum of all steps is the run's total, to the last digit", () => {
    fc.assert(
      fc.property(scenario, disorder, (drawn, { seed, crashOneIn, repeatOneIn }) => {
        const { index } = new Simulation(scenarioOf(drawn), { choose: chooser(seed), crashOneIn, repeatOneIn });
        const simulation = new Simulation(scenarioOf(drawn), { choose: chooser(seed), crashOneIn, repeatOneIn });
        simulation.drive();
        const sum = simulation.index.status.steps.reduce((total, step) => total + (step.tokenUsage?.totalTokens ?? 0), 0);
        expect(simulation.index.status.totalTokenUsage?.totalTokens ?? 0).to.equal(sum);
        expect(index.status.phase).to.equal("Pending");
      }),
      { numRuns: 50 },
    );
  });
});
