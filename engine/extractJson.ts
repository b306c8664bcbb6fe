// JSON in a model's answer (B43): the whole answer, or the one fenced block in it. Never a guess: two blocks, or JSON with words around it
// and no fence, are refused with the reason, which the model is shown.

import type { JsonValue } from "../crds/index.ts";
import { MAX_JSON_DEPTH, MAX_JSON_KEYS } from "../crds/index.ts";

/** What was found; `why` is a sentence for the model. */
export type Extracted = { readonly is: "json"; readonly value: JsonValue } | { readonly is: "none"; readonly why: string };

const FENCE = /^[ \t]*```[ \t]*[A-Za-z0-9_+-]*[ \t]*$/;

/** The JSON of an answer, within the limits of depth and keys that every JSON from outside has. */
export function extractJson(text: string): Extracted {
  const bare = parse(text.trim());
  if (bare !== undefined) return bare;
  const blocks = fencedBlocks(text);
  if (blocks.length > 1) return { is: "none", why: "the answer has more than one fenced block; give one JSON value and nothing else" };
  const [block] = blocks;
  if (block === undefined) return { is: "none", why: "the answer is not JSON; give one JSON value and nothing else" };
  return parse(block.trim()) ?? { is: "none", why: "the fenced block is not JSON; give one JSON value and nothing else" };
}

function parse(text: string): Extracted | undefined {
  if (text === "") return undefined;
  try {
    const value = JSON.parse(text) as JsonValue; // JSON.parse yields nothing else
    const why = overLimit(value);
    return why === undefined ? { is: "json", value } : { is: "none", why };
  } catch {
    return undefined;
  }
}

function fencedBlocks(text: string): string[] {
  const blocks: string[] = [];
  let block: string[] | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (!FENCE.test(line)) block?.push(line);
    else if (block === undefined) block = [];
    else {
      blocks.push(block.join("\n"));
      block = undefined;
    }
  }
  return blocks;
}

function overLimit(root: JsonValue): string | undefined {
  let keys = 0;
  const open: { value: JsonValue; depth: number }[] = [{ value: root, depth: 1 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    if (typeof value !== "object" || value === null) continue;
    if (depth > MAX_JSON_DEPTH) return `the JSON is nested deeper than ${MAX_JSON_DEPTH} levels`;
    const below: readonly JsonValue[] = Array.isArray(value) ? value : Object.values(value);
    if (!Array.isArray(value)) keys += below.length;
    if (keys > MAX_JSON_KEYS) return `the JSON has more than ${MAX_JSON_KEYS} keys`;
    for (const each of below) open.push({ value: each, depth: depth + 1 });
  }
  return undefined;
}
