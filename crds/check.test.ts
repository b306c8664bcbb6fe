import { expect } from "chai";
import fc from "fast-check";
import { verdictOf } from "../test/builders/faults.ts";
import { aPipeline, aRole, aTeam } from "../test/builders/team.ts";
import { checkObject } from "./check.ts";
import { KINDS } from "./kinds.ts";

describe("checkObject", () => {
  it("never throws and never stalls, whatever it gets", () => {
    const kinds = KINDS.map(({ kind }) => kind);
    const anything = fc.jsonValue({ maxDepth: 5 });
    const fields = fc.constantFrom(
      "roles",
      "members",
      "pipeline",
      "routing",
      "source",
      "targets",
      "channels",
      "input",
      "inputs",
      "model",
      "teamRef",
      "selector",
    );
    const spec = fc.oneof(anything, fc.dictionary(fields, anything));
    const objects = fc.record({
      apiVersion: fc.constant("arkonis.dev/v1alpha1"),
      kind: fc.constantFrom(...kinds),
      metadata: fc.oneof(anything, fc.record({ name: fc.string() })),
      spec,
    });
    fc.assert(
      fc.property(fc.oneof(anything, objects), fc.boolean(), (object, isUpdate) => {
        const { errors, warnings } = checkObject(object, { operation: isUpdate ? "update" : "create", oldObject: object });
        for (const { path, message } of [...errors, ...warnings]) expect([path, message].join(" ")).not.to.contain("[object Object]");
      }),
      { numRuns: 2_000 },
    );
  });

  it("survives values that no JSON text has", () => {
    const deep = aTeam().build() as unknown as { spec: Record<string, unknown> };
    let value: unknown = 1;
    for (let i = 0; i < 200_000; i++) value = { a: value };
    deep.spec["input"] = value;
    expect(verdictOf(deep).errors).to.deep.equal([". tooMany"]);
    for (const odd of [undefined, Number.NaN, () => 1, new Date(0), Symbol("x")]) expect(verdictOf(odd).errors).not.to.equal(undefined);
  });

  it("tells what a shape lets it tell, all at once", () => {
    const { spec, ...team } = aTeam().with({ runRetainFor: "7d", timeoutSeconds: -1 }).build();
    expect(verdictOf({ ...team, metadata: { name: "My_Team" }, spec: { ...spec, entri: "lead" } }).errors).to.deep.equal([
      "metadata.name name",
      "spec.entri unknownField",
      "spec.timeoutSeconds range",
      "spec.runRetainFor format",
    ]);
  });

  it("stays quick when an object has nothing but faults", () => {
    const names = Array.from({ length: 500 }, (_, i) => `role_${i}`);
    const roles = names.map((name) => aRole(name, { canDelegate: names.map((other) => `${other}x`) }));
    const start = performance.now();
    const { errors } = checkObject(aTeam({ entry: "nobody", roles }).build());
    expect(performance.now() - start).to.be.lessThan(1_000);
    expect(errors).to.have.length(1_000);
  });

  it("holds no text of a prompt in a message", () => {
    const secret = "sk-very-secret";
    const team = aPipeline()
      .step("a", { inputs: { x: `${secret} {{ .steps.nobody }}` } })
      .role("a", {
        systemPrompt: secret.repeat(60_000),
        env: [{ name: "ARK_X", value: secret }],
        mcpServers: [{ name: "a", url: `https://u:${secret}@a.example` }],
      });
    expect(JSON.stringify(checkObject(team.build()))).not.to.contain(secret);
  });
});
