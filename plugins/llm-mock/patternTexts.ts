// Texts that a regular expression matches, made from its syntax and never by running it: nothing here can take exponential time.
// It knows what schemas use: literals, classes, groups, alternatives, counted repetition, anchors. Look-around and back-references
// it does not; such a pattern proposes nothing.
import { type PatternNode, parsePattern } from "./patternSyntax.ts";

const MAX_TEXT = 100_000; // characters: `(a{999}){999}` is a valid pattern
const MAX_VARIANTS = 60; // enough for a list of distinct items

/** How one text is made: how often unbounded parts are repeated beyond their minimum, and which member of a class is taken. */
interface Rendering {
  readonly extra: number;
  readonly pick: number;
  text: string;
  anchoredStart: boolean;
  anchoredEnd: boolean;
}

/** Texts that the pattern is found in, at least `minLength` characters long, shortest first. Empty for a pattern beyond the subset. */
export function* patternTexts(pattern: string, minLength: number): Generator<string> {
  const root = parsePattern(pattern);
  if (!root) return;
  const extra = extraFor(root, minLength);
  for (let pick = 0; pick < MAX_VARIANTS; pick++) yield* stretched(root, minLength, extra, pick);
  for (let more = 1; more <= MAX_VARIANTS; more++) yield* stretched(root, minLength, extra + more, 0);
}

/** The fewest repetitions that make the text long enough, found by halving; 0 when nothing in it repeats. */
function extraFor(root: PatternNode, minLength: number): number {
  let [low, high] = [0, Math.min(minLength, MAX_TEXT)];
  if (render(root, high, 0).text.length < minLength) return 0;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (render(root, middle, 0).text.length >= minLength) high = middle;
    else low = middle + 1;
  }
  return low;
}

function* stretched(root: PatternNode, minLength: number, extra: number, pick: number): Generator<string> {
  const made = render(root, extra, pick);
  const missing = minLength - Array.from(made.text).length;
  if (missing <= 0) yield made.text;
  else if (!made.anchoredEnd) yield made.text + "a".repeat(missing);
  else if (!made.anchoredStart) yield "a".repeat(missing) + made.text;
}

function render(root: PatternNode, extra: number, pick: number): Rendering {
  const rendering: Rendering = { extra, pick, text: "", anchoredStart: false, anchoredEnd: false };
  append(root, rendering);
  return rendering;
}

function append(node: PatternNode, rendering: Rendering): void {
  if (rendering.text.length > MAX_TEXT) return;
  switch (node.is) {
    case "set":
      rendering.text += node.members[rendering.pick % node.members.length] ?? "";
      return;
    case "sequence":
      for (const part of node.parts) append(part, rendering);
      return;
    case "choice": {
      const chosen = node.of[rendering.pick % node.of.length];
      if (chosen) append(chosen, rendering);
      return;
    }
    case "repeat": {
      const times = Math.min(node.min + rendering.extra, node.max);
      for (let i = 0; i < times && rendering.text.length <= MAX_TEXT; i++) append(node.of, rendering);
      return;
    }
    case "anchor":
      if (node.at !== "end") rendering.anchoredStart = true;
      if (node.at !== "start") rendering.anchoredEnd = true;
  }
}
