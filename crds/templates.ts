// What templates may read, place by place (B13, B13a, SPEC §5). A scope is a tree of names; a template is refused when it does not parse,
// or reads a name that its scope does not have: at run time that would be an empty text in a prompt, which nobody notices.
import { TemplateError, templateCache } from "../template/index.ts";
import { type FieldError, fault } from "./fault.ts";
import type { FieldPath } from "./fieldPath.ts";
import { hintOf } from "./rule.ts";

/** What a template of some place may read below a name. */
export type Scope =
  /** Any JSON: nothing is known about what is below. */
  | "any"
  /** A text or number: there is nothing below. */
  | "value"
  | ScopeOfNames;

/** Names, each with what is below it. */
export interface ScopeOfNames {
  readonly names: Names;
  /** What one of the names is called: "step", "input". Default "field". */
  readonly noun?: string;
  /** What an unknown name is. Default an error. */
  readonly unknown?: "error" | "warning";
  /** The end of a message about an unknown name. Default {@link hintOf} the names. */
  readonly hint?: (name: string) => string;
}

/** A map is one; a large one may be computed name by name. */
export interface Names {
  get(name: string): Scope | Denied | undefined;
  keys(): Iterable<string>;
}

/** A name that exists but is not to be read here: refused, or accepted with a warning, with `why`. */
export interface Denied {
  readonly why: string;
  readonly as: "error" | "warning";
  /** What is below, for a warning. */
  readonly scope?: Scope;
}

/** A scope of names with what is below each. */
export function scopeOf(names: Readonly<Record<string, Scope | Denied>>, about: Omit<ScopeOfNames, "names"> = {}): ScopeOfNames {
  return { ...about, names: new Map(Object.entries(names)) };
}

/** Faults and warnings of one template. */
export interface TemplateFindings {
  readonly errors: readonly FieldError[];
  readonly warnings: readonly FieldError[];
}

/** Small: a check reads each text once or twice. */
const compiled = templateCache(8_000_000);
/** Faults of one template that are told at once. */
const MAX_TOLD = 20;
const NOTHING: TemplateFindings = { errors: [], warnings: [] };

/** What is wrong with a template at a place whose scope is given; each name it must not read is told once. */
export function templateFaults(text: string, at: FieldPath, scope: Scope): TemplateFindings {
  if (!text.includes("{{")) return NOTHING;
  const errors: FieldError[] = [];
  const warnings: FieldError[] = [];
  const told = new Set<string>();
  try {
    for (const { path, line, column } of compiled(text).references) {
      for (const { why, as } of denials(path, scope)) {
        if (told.has(why)) continue;
        if (told.size === MAX_TOLD) return { errors, warnings };
        told.add(why);
        (as === "error" ? errors : warnings).push(fault(at, "template", `line ${line}, column ${column}: ${why}`));
      }
    }
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    errors.push(fault(at, "template", error.message));
  }
  return { errors, warnings };
}

/** Why a path may not be read, from its root down to the first name that is wrong. */
function denials(path: readonly string[], root: Scope): Denied[] {
  const found: Denied[] = [];
  let scope = root;
  for (const [i, name] of path.entries()) {
    if (scope === "any") return found;
    const shown = `.${path.slice(0, i + 1).join(".")}`;
    if (scope === "value")
      return [...found, { as: "error", why: `.${path.slice(0, i).join(".")} is a single value; ${shown} does not exist` }];
    const below = scope.names.get(name);
    if (below === undefined) return [...found, { as: scope.unknown ?? "error", why: unknownName(name, shown, scope) }];
    if (typeof below === "object" && "why" in below) {
      found.push(below);
      if (below.scope === undefined) return found;
      scope = below.scope;
    } else scope = below;
  }
  return found;
}

function unknownName(name: string, shown: string, scope: ScopeOfNames): string {
  const hint = scope.hint?.(name) ?? hintOf(name, readableNames(scope.names));
  return scope.noun === undefined ? `${shown} does not exist here${hint}` : `unknown ${scope.noun} ${JSON.stringify(name)}${hint}`;
}

function readableNames(names: Names): string[] {
  return [...names.keys()].filter((name) => {
    const below = names.get(name);
    return typeof below !== "object" || !("why" in below);
  });
}

/** `tools[].url` (B74): the arguments of the call. */
export const TOOL_URL: Scope = scopeOf({ input: "any" });

/** `targets[].input` and `targets[].prompt` of an event (SPEC §5): what fired it. */
export const EVENT_TARGET: Scope = scopeOf({
  trigger: scopeOf({ name: "value", firedAt: "value", body: "any", output: "any" }),
});

const MESSAGE_FIELDS = [
  "event",
  "teamName",
  "namespace",
  "phase",
  "runName",
  "failedStep",
  "totalTokens",
  "durationMs",
  "output",
  "message",
];
const MESSAGE_OBJECTS = ["team", "run", "agent"];
const goSpelling = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** Templates of notifications (B95): each key of the JSON body, spelt as there and as Go programs spell it, and the objects it is about. */
export const NOTIFICATION: Scope = scopeOf(
  Object.fromEntries([
    ...[...MESSAGE_FIELDS, "dashboardURL"].flatMap((name): [string, Scope][] => [
      [name, "value"],
      [goSpelling(name), "value"],
    ]),
    ...MESSAGE_OBJECTS.flatMap((name): [string, Scope][] => [
      [name, "any"],
      [goSpelling(name), "any"],
    ]),
  ]),
  { unknown: "warning" },
);
