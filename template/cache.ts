import { LRUCache } from "lru-cache";
import { type CompiledTemplate, type CompileOptions, compile } from "./template.ts";

const MAX_CACHED_CHARS = 8_000_000; // 160 prompts at the 50 KB warning limit (B15), or 40,000 conditions of 200 characters

/** Compiled templates by text. A text that does not parse throws TemplateError every time: reporting it is the caller's. */
export function templateCache(maxChars = MAX_CACHED_CHARS, options: CompileOptions = {}): (text: string) => CompiledTemplate {
  const compiled = new LRUCache<string, CompiledTemplate>({ maxSize: maxChars, sizeCalculation: (_, text) => text.length + 1 });
  return (text) => {
    const known = compiled.get(text);
    if (known) return known;
    const fresh = compile(text, options);
    compiled.set(text, fresh);
    return fresh;
  };
}
