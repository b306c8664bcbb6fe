import { expect } from "chai";
import fc from "fast-check";
import type { JsonObject } from "./json.ts";
import { compileJsonSchema, JsonSchemaError } from "./jsonSchema.ts";

const faults = (schema: unknown, value: unknown): string[] =>
  compileJsonSchema(JSON.stringify(schema))
    .check(value)
    .map(({ path, message }) => `${path}: ${message}`);
const problem = (schema: string | JsonObject): string => {
  try {
    compileJsonSchema(schema);
  } catch (error) {
    expect(error).to.be.instanceOf(JsonSchemaError);
    return (error as JsonSchemaError).message;
  }
  throw new Error("the schema compiles");
};
const nested = (levels: number, keyword = "n"): Record<string, unknown> => {
  let value: Record<string, unknown> = {};
  for (let i = 1; i < levels; i++) value = { [keyword]: value };
  return value;
};

describe("compileJsonSchema: what a value is told (B43)", () => {
  const person = {
    type: "object",
    required: ["name", "tags"],
    properties: {
      name: { type: "string", minLength: 1 },
      age: { type: "integer" },
      tags: { type: "array", uniqueItems: true, items: { enum: ["a", "b"] } },
    },
    additionalProperties: false,
  };
  const cases: Record<string, { schema: unknown; value: unknown; want: string[] }> = {
    "what fits": { schema: person, value: { name: "x", age: 3, tags: ["a"] }, want: [] },
    "everything at once": {
      schema: person,
      value: { age: "3", tags: ["a", "c", "a"], more: 1 },
      want: [
        ': the property "name" is missing',
        ': the property "more" is not allowed',
        "age: must be integer, not string",
        'tags[1]: must be one of "a", "b"',
        "tags: the items must all be different",
      ],
    },
    "objects are the same whatever the order of their keys": {
      schema: { uniqueItems: true },
      value: [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      want: [": the items must all be different"],
    },
    "a number is no text of it": { schema: { uniqueItems: true }, value: [1, "1", true, null], want: [] },
    "own properties only": {
      schema: { required: ["constructor", "toString"] },
      value: {},
      want: [': the property "constructor" is missing', ': the property "toString" is missing'],
    },
    "__proto__ is a property": {
      schema: { additionalProperties: false },
      value: JSON.parse('{"__proto__": 1}'),
      want: [': the property "__proto__" is not allowed'],
    },
    hundredths: { schema: { multipleOf: 0.01 }, value: 19.99, want: [] },
    formats: { schema: { format: "date" }, value: "2024-13-01", want: [': must match format "date"'] },
    "unknown formats and keywords are passed over": { schema: { format: "shoe-size", "x-note": 1 }, value: "a", want: [] },
    "draft 2020-12 by what it uses": {
      schema: { prefixItems: [{ type: "string" }] },
      value: [1],
      want: ["[0]: must be string, not integer"],
    },
    "draft-07 lists of items": { schema: { items: [{ type: "string" }] }, value: [1], want: ["[0]: must be string, not integer"] },
    definitions: {
      schema: { $id: "https://example.com/x", $defs: { a: { type: "string" } }, $ref: "#/$defs/a" },
      value: 1,
      want: [": must be string, not integer"],
    },
    "a schema that contains itself": {
      schema: { type: "object", properties: { n: { $ref: "#" } } },
      value: { n: { n: 1 } },
      want: ["n.n: must be object, not integer"],
    },
    "different patterns stay different": {
      schema: { properties: { a: { pattern: "^x" }, b: { pattern: "^y" } } },
      value: { a: "x", b: "x" },
      want: ['b: must match pattern "^y"'],
    },
    "true takes all": { schema: true, value: 1, want: [] },
    "false takes nothing": { schema: false, value: 1, want: [": the schema is false, which nothing fits"] },
  };
  for (const [sentence, { schema, value, want }] of Object.entries(cases))
    it(sentence, () => expect(faults(schema, value)).to.deep.equal(want));

  it("takes the schema as an object too", () => expect(compileJsonSchema({ type: "string" }).check(1)).to.have.length(1));
  it("the same text is compiled once", () => expect(compileJsonSchema('{"type":"null"}')).to.equal(compileJsonSchema('{"type":"null"}')));
  it("two schemas of one $id do not meet", () => {
    expect(faults({ $id: "https://example.com/same", type: "string" }, 1)).to.have.length(1);
    expect(faults({ $id: "https://example.com/same", type: "number" }, 1)).to.deep.equal([]);
  });
});

describe("compileJsonSchema: what is no schema (B13, B13a)", () => {
  const cases: Record<string, { schema: unknown; want: string }> = {
    "a misspelt type": { schema: { properties: { x: { type: "strin" } } }, want: 'did you mean "string"?' },
    "a wrong value": { schema: { minimum: "x" }, want: 'minimum: "x" must be number' },
    "a list": { schema: [], want: "a JSON Schema is an object" },
    "a remote reference": { schema: { properties: { a: { $ref: "https://example.com/x" } } }, want: "properties/a: $ref" },
    "a reference to a file": { schema: { $ref: "defs.json#/a" }, want: "nothing is fetched" },
    "a reference to nothing": { schema: { $ref: "#/$defs/a" }, want: "leads to no schema here" },
    "a schema that is itself": { schema: { $ref: "#" }, want: "without end: # → #" },
    "a circle of references": {
      schema: { $defs: { a: { anyOf: [{ $ref: "#/$defs/b" }] }, b: { not: { $ref: "#/$defs/a" } } }, $ref: "#/$defs/a" },
      want: "without end",
    },
    "a pattern outside the linear-time subset": {
      schema: { properties: { a: { pattern: "(?=x)" } } },
      want: 'properties/a: pattern "(?=x)": lookahead',
    },
    "a property pattern, too": { schema: { patternProperties: { "(a)\\1": {} } }, want: "backreferences" },
    "an old draft": { schema: { $schema: "http://json-schema.org/draft-04/schema#" }, want: "is not supported; remove it" },
    "33 levels": { schema: nested(33, "not"), want: "more than 32 deep" },
    "5,000 levels": { schema: JSON.parse(`${'{"allOf":['.repeat(5_000)}{}${"]}".repeat(5_000)}`), want: "more than 32 deep" },
    "5,000 schemas beside each other": { schema: { allOf: Array.from({ length: 5_000 }, () => ({})) }, want: "more than 500 schemas" },
    "data of 5,000 levels": { schema: { default: JSON.parse(`${"[".repeat(5_000)}${"]".repeat(5_000)}`) }, want: "deep" },
  };
  for (const [sentence, { schema, want }] of Object.entries(cases))
    it(sentence, () => expect(problem(schema as JsonObject)).to.contain(want));

  it("text that is no JSON", () => expect(problem("type: object")).to.contain("is not JSON"));
  it("a schema of 64 KiB is taken, one byte more is not", () => {
    const text = (bytes: number): string => `{"description":"${"x".repeat(bytes - 18)}"}`;
    expect(compileJsonSchema(text(65_536)).check(1)).to.deep.equal([]);
    expect(problem(text(65_537))).to.contain("65537 bytes");
  });
  it("data in enum, const and default is no schema", () => {
    expect(
      faults({ default: { $ref: "https://x" }, enum: [{ $ref: "x" }], properties: { $ref: { type: "string" } } }, { $ref: "x" }),
    ).to.deep.equal([]);
  });
});

describe("compileJsonSchema: what a check may cost (P23)", () => {
  it("a value of more than 64 levels is refused", () => {
    const schema = { type: "object", properties: { n: { $ref: "#" } } };
    expect(faults(schema, nested(64))).to.deep.equal([]);
    expect(faults(schema, nested(65))).to.deep.equal([": objects and lists stand inside each other more than 64 deep"]);
    expect(faults(true, nested(100_000))).to.deep.equal([]);
  });

  it("references that double at each level give up", () => {
    const twice = { properties: { n: { allOf: [{ $ref: "#" }, { $ref: "#" }] } } };
    expect(faults(twice, nested(64))[0]).to.contain("cannot be checked");
    const $defs = Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [`p${i}`, { allOf: [{ $ref: `#/$defs/p${i + 1}` }, { $ref: `#/$defs/p${i + 1}` }] }]),
    );
    expect(faults({ $defs: { ...$defs, p30: { type: "string" } }, $ref: "#/$defs/p0" }, "x")[0]).to.contain("cannot be checked");
    expect(faults(twice, nested(3))).to.deep.equal([]);
  });

  it("patterns, unique items and wrong items take linear time", function () {
    this.timeout(10_000);
    expect(faults({ pattern: "^(a+)+$" }, `${"a".repeat(1_000_000)}b`)).to.have.length(1);
    expect(
      faults(
        { uniqueItems: true },
        Array.from({ length: 250_000 }, (_, i) => ({ i })),
      ),
    ).to.deep.equal([]);
    expect(
      faults(
        { items: { type: "string" } },
        Array.from({ length: 1_000_000 }, (_, i) => i),
      ),
    ).to.deep.equal(["[0]: must be string, not integer"]);
  });

  it("at most 20 faults are told", () =>
    expect(
      faults(
        { items: { type: "string" } },
        Array.from({ length: 100 }, (_, i) => i),
      ),
    ).to.have.length(20));

  it("any JSON is a schema or a JsonSchemaError, and a schema answers for any JSON", () => {
    const keyword = fc.constantFrom(
      "type",
      "properties",
      "items",
      "allOf",
      "anyOf",
      "not",
      "$ref",
      "$defs",
      "enum",
      "required",
      "pattern",
      "format",
      "minimum",
      "if",
      "then",
      "dependencies",
      "additionalProperties",
      "a",
    );
    const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
      schema: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom("string", "object", "#", "#/$defs/a", "a+", true, false, 1, null),
        fc.array(tie("schema"), { maxLength: 3 }),
        fc.dictionary(keyword, tie("schema"), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(schema, fc.jsonValue(), (any, value) => {
        try {
          compileJsonSchema(JSON.stringify(any)).check(value);
        } catch (error) {
          expect(error).to.be.instanceOf(JsonSchemaError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
