import { expect } from "chai";
import { brief } from "../../test/builders/faults.ts";
import { agentRole, aPipeline, aRole, aTeam, type TeamBuilder, teamRole } from "../../test/builders/team.ts";
import { checkObject } from "../check.ts";
import type { CheckContext } from "../rule.ts";
import { normalizeArkTeam } from "./normalize.ts";

interface Case {
  readonly team: TeamBuilder;
  readonly want?: readonly string[];
  readonly warns?: readonly string[];
  readonly context?: CheckContext;
}

function table(cases: Record<string, Case>): void {
  for (const [sentence, { team, want = [], warns = [], context }] of Object.entries(cases)) {
    it(sentence, () => {
      const { errors, warnings } = checkObject(team.build(), context);
      expect({ errors: errors.map(brief), warnings: warnings.map(brief) }).to.deep.equal({ errors: want, warnings: warns });
    });
  }
}

const messageOf = (team: TeamBuilder, context?: CheckContext): string => checkObject(team.build(), context).errors[0]?.message ?? "";
const members = (...list: { role: string; entry?: boolean; delegates?: string[] }[]): TeamBuilder =>
  aTeam({ members: list.map((member) => ({ arkAgent: `${member.role}-agent`, ...member })) });
const schema = '{"type":"object"}';

describe("checkObject: entry of a team (B10)", () => {
  table({
    "a role is the entry": { team: aTeam() },
    "a free team needs one": { team: aTeam().with({ entry: undefined }), want: ["spec.entry required"] },
    "it is a role of the team": { team: aTeam().with({ entry: "leed" }), want: ["spec.entry notFound"] },
    "a pipeline needs none": { team: aPipeline().step("a") },
    "beside a pipeline it is a role all the same": { team: aPipeline().step("a").with({ entry: "b" }), want: ["spec.entry notFound"] },
    "one member has entry": { team: members({ role: "a", entry: true }, { role: "b" }) },
    "no member has entry": { team: members({ role: "a" }, { role: "b" }), want: ["spec.members required"] },
    "two members have entry": {
      team: members({ role: "a", entry: true }, { role: "b" }, { role: "c", entry: true }),
      want: ["spec.members[2].entry duplicate"],
    },
    "members with a pipeline need no entry": { team: members({ role: "a" }).with({ pipeline: [{ role: "a" }] }) },
  });
});

describe("checkObject: shapes of a team (B1, B13a)", () => {
  table({
    "members and roles exclude each other": {
      team: aTeam().with({ members: [{ role: "lead", arkAgent: "x", entry: true }] }),
      want: ["spec.members forbidden"],
    },
    "a team has somebody": { team: aTeam({}), want: ["spec.roles required"] },
    "roles may not be empty": { team: aTeam({ roles: [], entry: "lead" }), want: ["spec.roles required", "spec.entry notFound"] },
    "a router stands alone": { team: aTeam({ routing: { model: "mock" } }) },
    "a router and roles exclude each other": {
      team: aTeam().with({ entry: undefined, routing: { model: "mock" } }),
      want: ["spec.routing forbidden"],
    },
    "a router needs a model": { team: aTeam({ routing: {} }), want: ["spec.routing.model required"] },
    "the router's output may read its steps": { team: aTeam({ routing: { model: "mock" }, output: "{{ .steps.route.output }}" }) },
  });
});

describe("checkObject: delegation (B11)", () => {
  const base = aTeam().role("writer");
  table({
    "a lead may delegate to a role of its team": { team: base.role("lead", { canDelegate: ["writer"] }) },
    "a star stands for everybody else": { team: base.role("boss", { canDelegate: ["*"] }).role("two", { canDelegate: ["*"] }) },
    "a role may not name itself": { team: base.role("echo", { canDelegate: ["echo"] }), want: ["spec.roles[2].canDelegate[0] invalid"] },
    "a role may not name nobody": {
      team: base.role("lead", { canDelegate: ["writer", "writter"] }),
      want: ["spec.roles[1].canDelegate[1] notFound"],
    },
    "two may not name each other": {
      team: base.role("a", { canDelegate: ["b"] }).role("b", { canDelegate: ["a"] }),
      want: ["spec.roles cycle"],
    },
    "two circles are two faults": {
      team: base
        .role("a", { canDelegate: ["b"] })
        .role("b", { canDelegate: ["a"] })
        .role("c", { canDelegate: ["d"] })
        .role("d", { canDelegate: ["c"] }),
      want: ["spec.roles cycle", "spec.roles cycle"],
    },
    "a whole team takes no delegated task": {
      team: aPipeline()
        .step("a")
        .player(teamRole("sub"))
        .role("a", { canDelegate: ["sub"] }),
      want: ["spec.roles[1].canDelegate[0] invalid"],
    },
    "members name their places": {
      team: members({ role: "a", entry: true, delegates: ["b", "c", "a"] }, { role: "b", delegates: ["a"] }),
      want: ["spec.members[0].delegates[1] notFound", "spec.members[0].delegates[2] invalid", "spec.members cycle"],
    },
  });

  it("names the circle", () => {
    const circle = aTeam()
      .role("a", { canDelegate: ["b"] })
      .role("b", { canDelegate: ["c"] })
      .role("c", { canDelegate: ["a"] });
    expect(messageOf(circle)).to.equal("delegation cycle a → b → c → a; take one of them out of canDelegate");
  });
});

describe("checkObject: names in a team (B12)", () => {
  const refused = ["legal-review", "Lead", "a.b", "1st", "_a", "a_", "__proto__", "toString", "a".repeat(41), "lеad", "größe", "a b", "$a"];
  const taken = ["a", "a1", "legal_review", "constructor", "a".repeat(40), "a__b", "prototype", "valueof"];
  for (const name of refused) {
    it(`${JSON.stringify(name)} is refused`, () =>
      expect(checkObject(aTeam({ entry: name, roles: [aRole(name)] }).build()).errors.map(brief)).to.deep.equal([
        "spec.roles[0].name name",
      ]));
  }
  for (const name of taken)
    it(`${JSON.stringify(name)} works`, () =>
      expect(checkObject(aTeam({ entry: name, roles: [aRole(name)] }).build()).errors).to.deep.equal([]));

  table({
    "older names may have hyphens": { team: members({ role: "topic-proposer", entry: true }) },
    "older names may have no dot": { team: members({ role: "a.b", entry: true }), want: ["spec.members[0].role name"] },
    "a step says its name": { team: aPipeline().step("a", { name: "second-look" }), want: ["spec.pipeline[0].name name"] },
    "a bad role name is told once": { team: aPipeline().step("b-c"), want: ["spec.roles[0].name name"] },
    "two roles of one name": {
      team: aTeam({ entry: "lead", roles: [aRole("lead"), aRole("lead")] }),
      want: ["spec.roles[1].name duplicate"],
    },
    "two members of one name": { team: members({ role: "a", entry: true }, { role: "a" }), want: ["spec.members[1].role duplicate"] },
    "a team's name has no dot": { team: aTeam().named("a.b"), want: ["metadata.name name"] },
    "a team's name has at most 63 characters": { team: aTeam().named("a".repeat(64)), want: ["metadata.name tooLong"] },
  });

  it("gives the name that would do", () => {
    expect(messageOf(aTeam({ entry: "x", roles: [aRole("legal-review"), aRole("x")] }))).to.contain('write "legal_review"');
    expect(messageOf(aTeam().named("My.Team"))).to.contain('write "my-team"');
  });
});

describe("checkObject: pipelines (B13, B13a)", () => {
  const two = aPipeline()
    .step("a")
    .step("b", { dependsOn: ["a"] });
  const many = (count: number): TeamBuilder =>
    aTeam({ roles: [aRole("a")], pipeline: Array.from({ length: count }, (_, i) => ({ role: "a", name: `s${i}` })) });
  table({
    "steps follow each other": { team: two },
    "one role serves two steps under two names": {
      team: aPipeline()
        .step("a")
        .step("a", { name: "again", dependsOn: ["a"] }),
    },
    "one role serves two steps under one name": { team: aPipeline().step("a").step("a"), want: ["spec.pipeline[1].role duplicate"] },
    "two steps of one name": { team: two.step("c", { name: "a" }), want: ["spec.pipeline[2].name duplicate"] },
    "the role is a role of the team": {
      team: aTeam({ roles: [aRole("a")], pipeline: [{ role: "b" }] }),
      want: ["spec.pipeline[0].role notFound"],
    },
    "a step that looks its agent up needs no role": {
      team: aTeam({ roles: [aRole("a")], pipeline: [{ role: "b", registryLookup: { capability: "translate", registryRef: "fleet" } }] }),
    },
    "a step waits for a step": { team: aPipeline().step("a", { dependsOn: ["z"] }), want: ["spec.pipeline[0].dependsOn[0] notFound"] },
    "a step does not wait for itself": {
      team: aPipeline().step("a", { dependsOn: ["a"] }),
      want: ["spec.pipeline[0].dependsOn[0] invalid"],
    },
    "two do not wait for each other": {
      team: aPipeline()
        .step("a", { dependsOn: ["b"] })
        .step("b", { dependsOn: ["a"] }),
      want: ["spec.pipeline cycle"],
    },
    "a diamond is no circle": {
      team: two.step("c", { dependsOn: ["a"] }).step("d", { dependsOn: ["b", "c"] }),
    },
    "a loop has 1 to 100 rounds": {
      team: two.step("c", { loop: { condition: "yes", maxIterations: 101 } }),
      want: ["spec.pipeline[2].loop.maxIterations range"],
    },
    "schemas are schemas": {
      team: aPipeline().step("a", { outputSchema: "{", validate: { schema: '{"type":"strin"}' } }),
      want: ["spec.pipeline[0].outputSchema schema", "spec.pipeline[0].validate.schema schema"],
    },
    "patterns are linear": {
      team: aPipeline().step("a", { validate: { rejectPatterns: ["ok", "(a)\\1", "("] } }),
      want: ["spec.pipeline[0].validate.rejectPatterns[1] regex", "spec.pipeline[0].validate.rejectPatterns[2] regex"],
    },
    "500 steps are many": { team: many(500) },
    "501 steps are too many": { team: many(501), want: ["spec.pipeline tooMany"] },
    "a duration is Go's": { team: two.with({ runRetainFor: "7d" }), want: ["spec.runRetainFor format"] },
    "a duration of hours is": { team: two.with({ runRetainFor: "1h30m" }) },
  });

  it("names the circle", () => {
    expect(
      messageOf(
        aPipeline()
          .step("a", { dependsOn: ["b"] })
          .step("b", { dependsOn: ["a"] }),
      ),
    ).to.contain("a → b → a");
  });
  it("says how the step of a role is called", () => {
    expect(
      messageOf(
        aPipeline()
          .step("a", { name: "first" })
          .step("b", { dependsOn: ["a"] }),
      ),
    ).to.contain('"first"');
  });
});

describe("checkObject: templates of a team (B13)", () => {
  const reads = (text: string): TeamBuilder =>
    aPipeline()
      .step("a", { outputSchema: schema })
      .step("b", { dependsOn: ["a"] })
      .step("other")
      .step("c", { dependsOn: ["b"], inputs: { x: text } });
  const REFUSED = ["spec.pipeline[3].inputs.x template"];
  const good = [
    "{{ .input.anything.at.all }}",
    "{{ .steps.a.output }} {{ .steps.b.output }}",
    "{{ .steps.a.data.deep.field }}",
    "{{ .steps.b.phase }}",
    "{{ .roles.other.output }}",
    "{{ .run.name }}/{{ .run.namespace }}",
    "{{ .pipeline.input.topic }}",
    '{{ index .steps "a" }}',
    "{{ with .steps.a }}{{ .output }}{{ end }}",
    "{{ range .input.list }}{{ .whatever }}{{ end }}",
    "no template at all",
    "{{/* only a comment */}}",
  ];
  const bad = [
    "{{ .steps.reserch.output }}",
    "{{ .steps.other.output }}",
    "{{ .steps.c.output }}",
    "{{ .steps.a.outptu }}",
    "{{ .steps.a.output.x }}",
    "{{ .roles.nobody.output }}",
    "{{ .roles.other.data }}",
    "{{ .run.id }}",
    "{{ .loop.iteration }}",
    "{{ .trigger.name }}",
    "{{ .Input.topic }}",
    "{{ .steps.a.output",
    "{{ nope .input.x }}",
    "{{ with .steps.a }}{{ .outptu }}{{ end }}",
    "{{ .steps.constructor.output }}",
    "{{ .steps.__proto__ }}",
  ];
  for (const text of good) it(`takes ${text}`, () => expect(checkObject(reads(text).build())).to.deep.equal({ errors: [], warnings: [] }));
  for (const text of bad) it(`refuses ${text}`, () => expect(checkObject(reads(text).build()).errors.map(brief)).to.deep.equal(REFUSED));

  const self = aPipeline().step("refine", {
    loop: { condition: "{{ not .steps.refine.data.approved }}" },
    inputs: { draft: "{{ .steps.refine.output }}{{ .loop.iteration }}" },
  });
  table({
    "a step with a loop reads itself": { team: self, warns: ["spec.pipeline[0].loop.condition template"] },
    ".data without a schema is a warning": {
      team: aPipeline()
        .step("a")
        .step("b", { dependsOn: ["a"], if: "{{ .steps.a.data.x }}" }),
      warns: ["spec.pipeline[1].if template"],
    },
    "conditions are read as inputs are": {
      team: aPipeline().step("a", { if: "{{ .steps.b.output }}" }).step("b"),
      want: ["spec.pipeline[0].if template"],
    },
    "the output reads every step": { team: aPipeline().step("a").step("b").with({ output: "{{ .steps.a.output }}{{ .steps.b.output }}" }) },
    "the output reads no other step": {
      team: aPipeline().step("a").with({ output: "{{ .steps.b.output }}" }),
      want: ["spec.output template"],
    },
    "the output of a free team reads roles": { team: aTeam().with({ output: "{{ .roles.lead.output }}" }) },
    "a free team has no steps": { team: aTeam().with({ output: "{{ .steps.lead.output }}" }), want: ["spec.output template"] },
    "a step goes by its own name": {
      team: aPipeline()
        .step("a", { name: "first" })
        .step("b", { dependsOn: ["first"], inputs: { x: "{{ .steps.first.output }}", y: "{{ .steps.a.output }}" } }),
      want: ["spec.pipeline[1].inputs.y template"],
    },
    "a declared input is known": {
      team: aPipeline()
        .step("a", { inputs: { x: "{{ .input.topic }}" } })
        .with({ inputs: [{ name: "topic" }] }),
    },
    "an undeclared one is not": {
      team: aPipeline()
        .step("a", { inputs: { x: "{{ .input.topci }}" } })
        .with({ inputs: [{ name: "topic" }] }),
      want: ["spec.pipeline[0].inputs.x template"],
    },
    "each name is told once": {
      team: aPipeline().step("a", { inputs: { x: "{{ .steps.zz.output }}{{ .steps.zz.output }}{{ .steps.yy.output }}" } }),
      want: ["spec.pipeline[0].inputs.x template", "spec.pipeline[0].inputs.x template"],
    },
  });

  it("says what was meant, where, and what to do", () => {
    expect(messageOf(reads("{{ .steps.othr.output }}"))).to.equal('line 1, column 4: unknown step "othr"; did you mean "other"?');
    expect(messageOf(reads("\n {{ .steps.other.output }}"))).to.match(/^line 2, column \d+: .*add it to dependsOn$/);
  });
});

describe("checkObject: roles (B14, B15)", () => {
  const known = (...teams: TeamBuilder[]): CheckContext => ({
    teamOf: (name) => teams.map((one) => normalizeArkTeam(one.build())).find((one) => one.name === name),
  });
  const runs = (name: string, ...others: string[]): TeamBuilder =>
    aTeam({ roles: others.map((other, i) => teamRole(`r${i}`, other)), pipeline: others.map((_, i) => ({ role: `r${i}` })) }, name);
  table({
    "a role is something": { team: aTeam({ entry: "a", roles: [{ name: "a" }] }), want: ["spec.roles[0] required"] },
    "a role is one thing": { team: aTeam().role("b", { arkAgent: "x" }), want: ["spec.roles[1] forbidden"] },
    "an inline role has a prompt": {
      team: aTeam({ entry: "a", roles: [{ name: "a", model: "m" }] }),
      want: ["spec.roles[0].systemPrompt required"],
    },
    "an inline role has a model": {
      team: aTeam({ entry: "a", roles: [{ name: "a", systemPrompt: "x" }] }),
      want: ["spec.roles[0].model required"],
    },
    "an inline role has one prompt": {
      team: aTeam().role("b", { systemPromptRef: { configMapKeyRef: { name: "p", key: "k" } } }),
      want: ["spec.roles[1] forbidden"],
    },
    "an agent has its own prompt": {
      team: aTeam({ entry: "a", roles: [{ ...agentRole("a"), systemPrompt: "y" }] }),
      want: ["spec.roles[0].systemPrompt forbidden"],
    },
    "an agent has its own limits": {
      team: aTeam({ entry: "a", roles: [{ ...agentRole("a"), limits: { retries: 1 } }] }),
      warns: ["spec.roles[0].limits forbidden"],
    },
    "a team runs as a step": { team: aPipeline().step("a").player(teamRole("b")) },
    "a team does not run without pipeline": { team: aTeam().player(teamRole("b")), want: ["spec.roles[1].arkTeam forbidden"] },
    "teams that are not known are nobody's fault": { team: runs("a", "b"), context: known() },
    "a team does not run itself": { team: runs("a", "a"), want: ["spec.roles[0].arkTeam cycle"] },
    "two teams do not run each other": { team: runs("a", "x", "b"), context: known(runs("b", "a")), want: ["spec.roles[1].arkTeam cycle"] },
    "three teams do not run each other": {
      team: runs("a", "b"),
      context: known(runs("b", "c"), runs("c", "a")),
      want: ["spec.roles[0].arkTeam cycle"],
    },
    "a circle of others is theirs": { team: runs("a", "b"), context: known(runs("b", "c"), runs("c", "b")) },
    "a prompt of 50 KB is long": { team: aTeam().role("b", { systemPrompt: "x".repeat(50_000) }) },
    "a longer one is a warning": {
      team: aTeam().role("b", { systemPrompt: "x".repeat(50_001) }),
      warns: ["spec.roles[1].systemPrompt tooLong"],
    },
    "a prompt of 512 KB is the longest": {
      team: aTeam().role("b", { systemPrompt: "é".repeat(256_000) }),
      warns: ["spec.roles[1].systemPrompt tooLong"],
    },
    "bytes count, not characters": {
      team: aTeam().role("b", { systemPrompt: "é".repeat(256_001) }),
      want: ["spec.roles[1].systemPrompt tooLong"],
    },
    "all prompts together have a limit": {
      team: aTeam({
        entry: "a",
        roles: [aRole("a", { systemPrompt: "x".repeat(400_000) }), aRole("b", { systemPrompt: "x".repeat(400_001) })],
      }),
      want: ["spec.roles tooLong"],
      warns: ["spec.roles[0].systemPrompt tooLong", "spec.roles[1].systemPrompt tooLong"],
    },
  });
});

describe("checkObject: inputs of a team (B13a)", () => {
  table({
    "two inputs of one name": {
      team: aTeam().with({ inputs: [{ name: "a" }, { name: "b" }, { name: "a" }] }),
      want: ["spec.inputs[2].name duplicate"],
    },
    "a default of its type": { team: aTeam().with({ inputs: [{ name: "a", type: "array", default: [] }] }) },
    "a default of another type": {
      team: aTeam().with({ inputs: [{ name: "a", type: "object", default: [] }] }),
      want: ["spec.inputs[0].default type"],
    },
    "a text is the default type": { team: aTeam().with({ inputs: [{ name: "a", default: 1 }] }), want: ["spec.inputs[0].default type"] },
    "default values are declared": {
      team: aTeam().with({ inputs: [{ name: "topic" }], input: { topic: "x", tpoic: "y" } }),
      want: ["spec.input.tpoic unknownField"],
    },
    "default values are of their types": {
      team: aTeam().with({ inputs: [{ name: "n", type: "number" }], input: { n: "1" } }),
      want: ["spec.input.n type"],
    },
    "without declarations anything goes": { team: aTeam().with({ input: { a: 1, b: [2] } }) },
  });
});

describe("checkObject: all faults of a team at once", () => {
  it("in the order of the rules, the same every time", () => {
    const team = aPipeline()
      .step("a", { dependsOn: ["z"], inputs: { x: "{{ .steps.q }}" } })
      .step("b", { dependsOn: ["b"] })
      .role("legal-review", { canDelegate: ["nobody"] })
      .with({ runRetainFor: "1 week", entry: "leed" })
      .build();
    const want = [
      "spec.entry notFound",
      "spec.roles[2].name name",
      "spec.roles[2].canDelegate[0] notFound",
      "spec.pipeline[0].dependsOn[0] notFound",
      "spec.pipeline[1].dependsOn[0] invalid",
      "spec.runRetainFor format",
      "spec.pipeline[0].inputs.x template",
    ];
    for (let i = 0; i < 3; i++) expect(checkObject(team).errors.map(brief)).to.deep.equal(want);
  });
});
