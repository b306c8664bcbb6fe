// HTTP tools of an agent (B13a, B74).
import { type FieldError, fault } from "../fault.ts";
import type { FieldPath } from "../fieldPath.ts";
import type { HttpTool } from "../generated/types.ts";
import { duplicates, type Rule } from "../rule.ts";
import { schemaFaults } from "../schemaFaults.ts";
import { TOOL_URL, templateFaults } from "../templates.ts";
import { httpAddressFaults } from "../webAddress.ts";
import { headerFaults } from "./headers.ts";
import type { AgentSubject } from "./subject.ts";

const toolsAreDistinct: Rule<AgentSubject> = ({ fields, at }) =>
  duplicates(
    (fields.tools ?? []).map((tool) => tool.name),
    at.child("tools"),
    "name",
    "tool",
  );

const toolNamesAreUsable: Rule<AgentSubject> = eachTool((tool, at) =>
  /^[A-Za-z0-9_-]+$/.test(tool.name)
    ? []
    : [fault(at.child("name"), "name", `${JSON.stringify(tool.name)} cannot be called by a model: letters, digits, "_" and "-" only`)],
);

/** B74: the URL may hold templates over the arguments; what remains without them has to be an address. */
const toolAddressesAreAddresses: Rule<AgentSubject> = eachTool((tool, at) => {
  const wrong = templateFaults(tool.url, at.child("url"), TOOL_URL).errors;
  return wrong.length > 0 ? wrong : httpAddressFaults(tool.url.replace(/\{\{[^]*?\}\}/g, "x"), at.child("url"));
});

const toolSchemasCompile: Rule<AgentSubject> = eachTool((tool, at) => schemaFaults(tool.inputSchema, at.child("inputSchema")));

const toolHeadersAreHeaders: Rule<AgentSubject> = eachTool((tool, at) => headerFaults(tool.headers, at.child("headers")));

function eachTool(check: (tool: HttpTool, at: FieldPath) => readonly FieldError[]): Rule<AgentSubject> {
  return ({ fields, at }) => (fields.tools ?? []).flatMap((tool, i) => check(tool, at.child("tools", i)));
}

/** The rules of `tools`. */
export const toolRules: readonly Rule<AgentSubject>[] = [
  toolsAreDistinct,
  toolNamesAreUsable,
  toolAddressesAreAddresses,
  toolSchemasCompile,
  toolHeadersAreHeaders,
];
