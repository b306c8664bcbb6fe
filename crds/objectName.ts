// Names of objects, ours and others', as the API server takes them.
import { type FieldError, fault } from "./fault.ts";
import type { FieldPath } from "./fieldPath.ts";
import { isDnsLabel, isDnsSubdomain } from "./names.ts";

/** Longest name of an object: a DNS subdomain. */
const MAX_SUBDOMAIN = 253;
/** Longest DNS label: a namespace, and a team, whose name is a part of queue names in which a dot separates (B12). */
const MAX_LABEL = 63;

/** Not `.`, and nothing that begins with `..`. */
const DATA_KEY = /^(?!\.$|\.\.)[-._A-Za-z0-9]{1,253}$/;

/** The rule that a name has to keep: names of teams and namespaces are labels, all others subdomains. */
export type NameForm = "label" | "subdomain";

/** What is wrong with a name, and the nearest good one; none when it is good. */
export function nameFaults(name: string, at: FieldPath, form: NameForm): FieldError[] {
  const max = form === "label" ? MAX_LABEL : MAX_SUBDOMAIN;
  if (name === "") return [fault(at, "required", "a name is needed")];
  if (name.length > max) return [fault(at, "tooLong", `${name.length} characters; a name has at most ${max}`)];
  if (hasForm(name, form)) return [];
  const letters = form === "label" ? 'lower-case letters, digits and "-"' : 'lower-case letters, digits, "-" and "."';
  const better = goodName(name, form);
  const wayOut = better === undefined ? "" : `; write ${JSON.stringify(better)}`;
  return [fault(at, "name", `${JSON.stringify(name)} is no name: ${letters}, a letter or digit at both ends${wayOut}`)];
}

/** What is wrong with a key of a ConfigMap or Secret. It becomes a file's name, so that `..` would lead out of its folder. */
export function dataKeyFaults(key: string, at: FieldPath): FieldError[] {
  if (DATA_KEY.test(key)) return [];
  return [fault(at, "name", `${JSON.stringify(key)} is no key of a ConfigMap or Secret: letters, digits, "-", "_" and "."`)];
}

/** The name with what is not allowed replaced, or undefined when too little of it is left. */
function goodName(name: string, form: NameForm): string | undefined {
  const replaced = name
    .toLowerCase()
    .replace(form === "label" ? /[^a-z0-9]+/g : /[^a-z0-9.]+/g, "-")
    .replace(/^[-.]+|[-.]+$/g, "")
    .replace(/-*\.+-*/g, ".");
  return replaced !== "" && hasForm(replaced, form) ? replaced : undefined;
}

function hasForm(name: string, form: NameForm): boolean {
  return form === "label" ? isDnsLabel(name) : isDnsSubdomain(name);
}
