// Objects → YAML text that kubectl, and loadYaml, read back as the same objects.
import { Document, Scalar, type Tags, visit } from "yaml";
import { plainScalar } from "./plainScalar.ts";

/** Characters that plain text and block scalars would lose or that no terminal should get: line ends other than \n, controls, lone surrogates. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const NEEDS_ESCAPE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff]|\p{Surrogate}/u;

/** Text of several lines whose first begins with white space: go-yaml loses its way in such a block. */
const UNSAFE_BLOCK = /^\s[^]*\n|^\n/;

/** What the library leaves unescaped within double quotes, where alone these characters are written. */
const RAW = /[\u007f-\u009f\u2028\u2029\ufeff]/g;

/**
 * A value as one YAML document: keys in their order, block style, long lines unbroken, text of several lines as a block. Text that YAML 1.1
 * would take for something else (`yes`, `0o17`, `<<`) stands in quotes. Undefined fields are left out. The value must be JSON, without
 * circles and not deeper than the stack allows; what came through the shape check is.
 */
export function dumpYaml(value: unknown): string {
  const document = new Document(value, { version: "1.1", aliasDuplicateObjects: false, customTags: withoutMerge });
  visit(document, {
    Scalar(_, scalar) {
      if (typeof scalar.value === "string" && mustBeQuoted(scalar.value)) scalar.type = Scalar.QUOTE_DOUBLE;
    },
  });
  const text = document.toString({ lineWidth: 0, directives: false, doubleQuotedAsJSON: true });
  return text.replace(RAW, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The library would write the text `<<` as a merge key, whatever quotes it is to have. */
function withoutMerge(tags: Tags): Tags {
  return tags.filter((tag) => typeof tag === "string" || tag.tag !== "tag:yaml.org,2002:merge");
}

function mustBeQuoted(text: string): boolean {
  return text === "<<" || typeof plainScalar(text) !== "string" || NEEDS_ESCAPE.test(text) || UNSAFE_BLOCK.test(text);
}
