import { LRUCache } from "lru-cache";
import { type CompiledTemplate, type CompileOptions, compile } from "./template.ts";

/** Memory of all compiled templates: ten thousand conditions or inputs of usual length, 600 KB of template text in all. */
const MAX_CACHED_BYTES = 48_000_000;
/** What compiled text takes for each character, measured on conditions and inputs; text without an action is kept as it is. */
const BYTES_PER_CHAR = { withActions: 70, plain: 2 };
const ENTRY_BYTES = 500;

/** Compiled templates by text. A text that does not parse throws TemplateError every time: reporting it is the caller's. */
export function templateCache(maxBytes = MAX_CACHED_BYTES, options: CompileOptions = {}): (text: string) => CompiledTemplate {
  const compiled = new LRUCache<string, CompiledTemplate>({ maxSize: maxBytes, sizeCalculation: (_, text) => bytesOf(text) });
  return (text) => {
    const known = compiled.get(text);
    if (known) return known;
    const fresh = compile(text, options);
    compiled.set(text, fresh);
    return fresh;
  };
}

function bytesOf(text: string): number {
  return ENTRY_BYTES + text.length * (text.includes("{{") ? BYTES_PER_CHAR.withActions : BYTES_PER_CHAR.plain);
}
