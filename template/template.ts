import { compileParsed } from "./compile.ts";
import { functions, knownFunctions } from "./functions.ts";
import { parse } from "./parser.ts";
import { type Reference, referencesOf } from "./references.ts";

/** What can be chosen when a template is compiled. */
export interface CompileOptions {
  /** What `now` is, in milliseconds since 1970, for a render that is not told; the system's clock by default. */
  readonly clock?: () => number;
}

/** What can be chosen for one render. */
export interface RenderOptions {
  /** What `now` is, in milliseconds since 1970: a run hands in its start time, so that it always renders the same text (B30a). */
  readonly nowMs?: number;
}

/** A template that is ready to be rendered, any number of times. It holds no state of a render. */
export interface CompiledTemplate {
  /**
   * The text for this data: Go's bytes but for B30.
   * @throws TemplateError with code "exec" when data and template do not fit, or "limit" when it costs too much (B33)
   */
  render(data: unknown, at?: RenderOptions): string;
  /** What it reads of the data, in the order of the text. */
  readonly references: readonly Reference[];
}

/**
 * Compiles a Go template (B30, B35). The text comes from whoever wrote the manifest, never from a step, a webhook or a tool (B34).
 * @throws TemplateError with code "parse", or "limit" when it nests too deep or has too many parts
 */
export function compile(text: string, options: CompileOptions = {}): CompiledTemplate {
  const { clock = Date.now } = options;
  const parsed = parse(text, knownFunctions);
  const render = compileParsed(parsed, functions);
  let references: readonly Reference[] | undefined;
  return {
    render(data, at) {
      const nowMs = at?.nowMs;
      return render(data, nowMs === undefined ? clock : () => nowMs);
    },
    get references() {
      references ??= referencesOf(parsed);
      return references;
    },
  };
}
