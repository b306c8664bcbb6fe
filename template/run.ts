import { compareText, utf8Length } from "./goText.ts";
import {
  CHARS_PER_STEP,
  ELEMENTS_PER_STEP,
  MAX_TEMPLATE_OUTPUT,
  MAX_TEMPLATE_WORK,
  PIECES_PER_STEP,
  REPLACED_CHARS_PER_STEP,
  WALKED_CHARS_PER_STEP,
} from "./limits.ts";
import { positionOf, TemplateError } from "./templateError.ts";
import { isEmptyMap, type MapKnowledge } from "./values.ts";

/**
 * One render: what has been written, what may still be spent (B33), and where we are, for errors. Everything that makes a string
 * or visits a list pays here first, so nothing large is made and thrown away.
 */
export class Run implements MapKnowledge {
  /** Offset in the template of what is being evaluated. */
  at = 0;
  out = "";
  /** Whether a function has cut a character in two: then the output has to be put together with `joinBytes`. */
  hasCutText = false;
  /** The data of the template that is running: what `$` means. */
  root: unknown;
  /** Slots of the variables of the template that is running. */
  vars: unknown[];
  /** Calls of `template` that are active, and the blocks around them. */
  calls = 0;
  blocks = 0;
  readonly nowMs: () => number;
  readonly #text: string;
  #work = MAX_TEMPLATE_WORK;
  // No character has more than 3 bytes per UTF-16 unit, so nothing needs to be counted before this length.
  #countAt = Math.floor(MAX_TEMPLATE_OUTPUT / 3);
  #emptyMaps: WeakMap<object, boolean> | undefined;
  #countedChars = 0;
  #countedBytes = 0;

  constructor(text: string, data: unknown, slots: number, nowMs: () => number) {
    this.#text = text;
    this.root = data;
    this.vars = slots === 0 ? NO_VARS : new Array<unknown>(slots);
    this.nowMs = nowMs;
  }

  /** Pays for steps of work. */
  spend(steps: number): void {
    this.#work -= steps;
    if (this.#work < 0) this.#stop(`this costs more than ${MAX_TEMPLATE_WORK} steps of work; loop over less`);
  }

  /** Pays for reading or writing that many characters, and refuses a string that is too long before it is made. */
  chars(count: number): void {
    if (count > MAX_TEMPLATE_OUTPUT) this.#stop(TOO_LONG_TEXT);
    this.spend(count / CHARS_PER_STEP);
  }

  /** Pays for adding a piece of that many characters to a string that a function is making. */
  makes(length: number, added: number): void {
    if (length + added > MAX_TEMPLATE_OUTPUT) this.#stop(TOO_LONG_TEXT);
    this.spend(added / CHARS_PER_STEP + 1 / PIECES_PER_STEP);
  }

  /** Pays for reading that many characters of a text that exists already, however long it is. */
  scan(count: number): void {
    this.spend(count / CHARS_PER_STEP);
  }

  /** Pays for looking at each character of a text that exists already. */
  walk(count: number): void {
    this.spend(count / WALKED_CHARS_PER_STEP);
  }

  /** Replaces what matches, and pays for each match; stops before the result gets too long. */
  replace(text: string, special: RegExp, replacement: (match: string) => string): string {
    this.chars(text.length);
    let { length } = text;
    return text.replace(special, (match) => {
      const by = replacement(match);
      length += by.length - match.length;
      if (length > MAX_TEMPLATE_OUTPUT) this.#stop(TOO_LONG_TEXT);
      this.spend(1 / REPLACED_CHARS_PER_STEP);
      return by;
    });
  }

  /** Pays for visiting elements of a list or map. */
  elements(count: number): void {
    this.spend(count / ELEMENTS_PER_STEP);
  }

  /** The keys of a map in Go's order; sorting costs more than looking. */
  keysOf(map: object): string[] {
    const keys = Object.keys(map);
    this.spend(2 * keys.length);
    if (keys.length < 2) return keys;
    keys.sort();
    return keys.some((key) => BEYOND_UTF16_ORDER.test(key)) ? keys.sort(compareText) : keys;
  }

  /** Whether a map has no key. Finding out takes as long as it has keys, so it is found out once for each. */
  isEmptyMap(map: object): boolean {
    this.#emptyMaps ??= new WeakMap();
    const known = this.#emptyMaps.get(map);
    if (known !== undefined) return known;
    const isEmpty = isEmptyMap(map);
    this.#emptyMaps.set(map, isEmpty);
    return isEmpty;
  }

  /** Writes to the output. */
  write(text: string): void {
    this.out += text;
    if (this.out.length > this.#countAt) this.#count();
  }

  /** This template cannot be rendered with this data. */
  fail(problem: string): never {
    throw new TemplateError("exec", problem + this.#where(), positionOf(this.#text, this.at));
  }

  /** A limit of B33 is reached. */
  refuse(problem: string): never {
    this.#stop(problem);
  }

  /** The piece of the template that is being evaluated, as a reader finds it again. */
  #where(): string {
    const [piece = ""] = this.#text.slice(this.at, this.at + MAX_SHOWN).split(/\}\}|\n/, 1);
    return piece.trim() === "" ? "" : ` (at ${piece.trim()})`;
  }

  #stop(problem: string): never {
    throw new TemplateError("limit", problem, positionOf(this.#text, this.at));
  }

  #count(): void {
    if (this.out.length > MAX_TEMPLATE_OUTPUT) this.#stop(TOO_LONG);
    this.#countedBytes += utf8Length(this.out.slice(this.#countedChars));
    this.#countedChars = this.out.length;
    const left = MAX_TEMPLATE_OUTPUT - this.#countedBytes;
    if (left < 0) this.#stop(TOO_LONG);
    this.#countAt = this.#countedChars + Math.floor(left / 3);
  }
}

/** From here on, Go's order of bytes is not the order of JavaScript's strings. */
const BEYOND_UTF16_ORDER = /[\ud800-\uffff]/;

const MAX_SHOWN = 60;

const NO_VARS: unknown[] = [];
const TOO_LONG = `the output is longer than ${MAX_TEMPLATE_OUTPUT} bytes; put less into it`;
const TOO_LONG_TEXT = `this would make a text of more than ${MAX_TEMPLATE_OUTPUT} characters`;
