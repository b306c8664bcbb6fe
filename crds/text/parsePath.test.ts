import { expect } from "chai";
import fc from "fast-check";
import { FieldPath } from "../fieldPath.ts";
import { parsePath } from "./parsePath.ts";

describe("parsePath", () => {
  it("reads Kubernetes notation", () => {
    expect(parsePath('spec.roles[2].input["a.b"]').segments).to.deep.equal(["spec", "roles", 2, "input", "a.b"]);
    expect(parsePath("").segments).to.deep.equal([]);
  });

  it("takes what is no path for one key", () => expect(parsePath("spec..x[").segments).to.deep.equal(["spec..x["]));

  it("reads back whatever FieldPath writes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ unit: "binary" }), fc.nat(), fc.constantFrom("spec", "a-b", "$x", "__proto__"))),
        (segments) => {
          expect(parsePath(new FieldPath(segments).toString()).segments).to.deep.equal(segments);
        },
      ),
    );
  });
});
