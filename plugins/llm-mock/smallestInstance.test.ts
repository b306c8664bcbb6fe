import { Ajv2020 } from "ajv/dist/2020.js";
import ajvFormats from "ajv-formats";
import { expect } from "chai";
import fc from "fast-check";
import type { JsonObject, JsonValue } from "../sdk/index.ts";
import { smallestInstance } from "./smallestInstance.ts";

const addFormats = ajvFormats as unknown as (ajv: Ajv2020) => void;

function check(schema: JsonValue, value: JsonValue | undefined): string {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats(ajv);
  const validate = ajv.compile(schema as object);
  return validate(value) ? "fits" : ajv.errorsText(validate.errors);
}

describe("smallestInstance (B102)", () => {
  const cases: Record<string, { schema: JsonValue; want: JsonValue }> = {
    "anything is null": { schema: {}, want: null },
    "true is null": { schema: true, want: null },
    "a string is empty": { schema: { type: "string" }, want: "" },
    "a string is as short as it may be": { schema: { type: "string", minLength: 3 }, want: "aaa" },
    "a number is 0": { schema: { type: "number", maximum: 10 }, want: 0 },
    "a number is the nearest to 0": { schema: { type: "integer", minimum: 7 }, want: 7 },
    "an exclusive minimum is left": { schema: { type: "integer", exclusiveMinimum: 7 }, want: 8 },
    "a negative number comes from above": { schema: { type: "integer", maximum: -3 }, want: -3 },
    "a number is on its grid": { schema: { type: "integer", minimum: 7, multipleOf: 5 }, want: 10 },
    "a number may lie between two whole ones": { schema: { type: "number", exclusiveMinimum: 0.2, maximum: 0.4 }, want: 0.3 },
    "a boolean is false": { schema: { type: "boolean" }, want: false },
    "a list is empty": { schema: { type: "array", items: { type: "string" } }, want: [] },
    "a list has as many items as it must": { schema: { type: "array", items: { type: "integer" }, minItems: 2 }, want: [0, 0] },
    "items of a set differ": { schema: { type: "array", items: { type: "integer" }, minItems: 3, uniqueItems: true }, want: [0, 1, -1] },
    "a tuple keeps its order": {
      schema: { type: "array", prefixItems: [{ const: "x" }, { type: "null" }], minItems: 2 },
      want: ["x", null],
    },
    "what a list has to contain is in it": { schema: { type: "array", contains: { const: "x" } }, want: ["x"] },
    "an object has what is required": {
      schema: { type: "object", properties: { a: { type: "string" }, b: { type: "integer" } }, required: ["b"] },
      want: { b: 0 },
    },
    "an object without type is one": { schema: { required: ["a"], properties: { a: { type: "boolean" } } }, want: { a: false } },
    "as many properties as it must": { schema: { type: "object", minProperties: 1 }, want: { p0: null } },
    "a property that brings another": {
      schema: { type: "object", required: ["a"], dependentRequired: { a: ["b"] } },
      want: { a: null, b: null },
    },
    "the first of an enum": { schema: { enum: ["yes", "no"] }, want: "yes" },
    "the first of an enum that fits the rest": { schema: { type: "string", enum: [1, "no"] }, want: "no" },
    "a constant": { schema: { const: { a: [1] } }, want: { a: [1] } },
    "the first type of several": { schema: { type: ["string", "null"] }, want: "" },
    "the first alternative that works": { schema: { anyOf: [{ type: "integer", minimum: 3 }, { type: "string" }] }, want: 3 },
    "exactly one of": { schema: { oneOf: [{ type: "integer" }, { type: "integer", minimum: 1 }] }, want: 0 },
    "all of": { schema: { allOf: [{ type: "integer", minimum: 3 }, { minimum: 5 }] }, want: 5 },
    "properties of both halves": {
      schema: {
        allOf: [
          { type: "object", required: ["a"], properties: { a: { type: "integer" } } },
          { required: ["b"], properties: { a: { minimum: 2 } } },
        ],
      },
      want: { a: 2, b: null },
    },
    not: { schema: { type: "integer", not: { const: 0 } }, want: 1 },
    "not, in a property": { schema: { type: "object", required: ["a"], properties: { a: { not: { type: "null" } } } }, want: { a: "" } },
    "if, then, else": {
      schema: {
        type: "object",
        required: ["kind"],
        properties: { kind: { const: "x" } },
        if: { properties: { kind: { const: "x" } } },
        then: { required: ["x"] },
      },
      want: { kind: "x", x: null },
    },
    "a definition": { schema: { $ref: "#/$defs/n", $defs: { n: { type: "integer", minimum: 4 } } }, want: 4 },
    "a definition of draft-07": {
      schema: { type: "object", required: ["n"], properties: { n: { $ref: "#/definitions/n" } }, definitions: { n: { type: "string" } } },
      want: { n: "" },
    },
    "a tree ends where it may": {
      schema: {
        $ref: "#/$defs/node",
        $defs: {
          node: { type: "object", required: ["next"], properties: { next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] } } },
        },
      },
      want: { next: null },
    },
    "a pattern": { schema: { type: "string", pattern: "^[A-Z]{2}-\\d+$" }, want: "AA-0" },
    "a pattern and a length": { schema: { type: "string", pattern: "^v\\d+$", minLength: 4 }, want: "v000" },
    "a pattern that is only searched for": { schema: { type: "string", pattern: "x", minLength: 3 }, want: "xaa" },
    "a date": { schema: { type: "string", format: "date" }, want: "2000-01-01" },
    "exactly one of, where the first is too wide": { schema: { oneOf: [{ type: "integer", minimum: -1 }, { type: "integer" }] }, want: -2 },
    "a name of Object.prototype": { schema: { type: "object", required: ["constructor"] }, want: { constructor: null } },
  };
  for (const [sentence, { schema, want }] of Object.entries(cases)) {
    it(sentence, () => {
      const value = smallestInstance(schema);
      expect(value).to.deep.equal(want);
      expect(check(schema, value)).to.equal("fits");
    });
  }

  for (const format of [
    "date-time",
    "date",
    "time",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "uri",
    "uri-reference",
    "uuid",
    "json-pointer",
    "byte",
  ]) {
    it(`five distinct texts of the format ${format}`, () => {
      const schema = { type: "array", minItems: 5, uniqueItems: true, items: { type: "string", format } };
      expect(check(schema, smallestInstance(schema))).to.equal("fits");
    });
  }

  const patterns = [
    "^a|b$",
    "^(?:ab|cd){2,3}$",
    "^[^a-z]+$",
    "^\\w+@\\w+\\.com$",
    "^\\S+ \\S+$",
    "(foo|bar)+",
    "^.{5}$",
    "\\bword\\b",
    "^[\\w.-]+$",
    "^\\u0041\\x42$",
    "^(?<year>\\d{4})-(0[1-9]|1[0-2])$",
    "^[\\]^-]$|^x$",
  ];
  for (const pattern of patterns) {
    it(`a text of the pattern ${pattern}`, () => {
      for (const minLength of [0, 9]) {
        const schema = { type: "string", pattern };
        expect(check(schema, smallestInstance(schema))).to.equal("fits");
        const longer = smallestInstance({ ...schema, minLength });
        if (longer !== undefined) expect(check({ ...schema, minLength }, longer)).to.equal("fits");
      }
    });
  }

  it("finds nothing where there is nothing, and soon", () => {
    for (const schema of [
      false,
      { type: "integer", minimum: 2, maximum: 1 },
      { $ref: "#" },
      { $ref: "#/$defs/x" },
      { enum: [] },
      { type: "object", required: ["a"], properties: { a: { $ref: "#" } } },
      { type: "string", pattern: "(?=x)" },
    ]) {
      expect(smallestInstance(schema as JsonValue), JSON.stringify(schema)).to.equal(undefined);
    }
  });

  it("every instance fits its schema, says ajv", () => {
    const { schema } = fc.letrec<{ schema: JsonObject }>((tie) => ({
      schema: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.record({ type: fc.constant("string"), minLength: fc.nat(4) }),
        fc.record({ type: fc.constant("integer"), minimum: fc.integer({ min: -9, max: 9 }), multipleOf: fc.constantFrom(1, 2, 3, 5) }),
        fc.record({ type: fc.constant("number"), exclusiveMaximum: fc.integer({ min: -9, max: 9 }) }),
        fc.record({ enum: fc.uniqueArray(fc.oneof(fc.string(), fc.integer(), fc.boolean()), { minLength: 1, maxLength: 4 }) }),
        fc.record({ type: fc.constant("boolean") }),
        fc.record({ type: fc.constant("array"), items: tie("schema"), minItems: fc.nat(2) }),
        fc.record({
          type: fc.constant("array"),
          prefixItems: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }),
          minItems: fc.nat(3),
        }),
        fc.record({ anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
        fc
          .dictionary(fc.constantFrom("a", "b", "constructor", "toString", "x y"), tie("schema"), { maxKeys: 4 })
          .map(
            (properties): JsonObject => ({ type: "object", properties, required: Object.keys(properties), additionalProperties: false }),
          ),
      ) as fc.Arbitrary<JsonObject>,
    }));
    fc.assert(
      fc.property(schema, (made) => {
        expect(check(made, smallestInstance(made))).to.equal("fits");
      }),
      { numRuns: 150 },
    );
  });
});
