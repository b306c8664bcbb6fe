// The syntax of regular expressions, as far as texts can be made from it.

/** A piece of a pattern. `members` are the characters of a class in the order in which they are offered, never empty. */
export type PatternNode =
  | { readonly is: "set"; readonly members: readonly string[] }
  | { readonly is: "sequence"; readonly parts: readonly PatternNode[] }
  | { readonly is: "choice"; readonly of: readonly PatternNode[] }
  | { readonly is: "repeat"; readonly of: PatternNode; readonly min: number; readonly max: number }
  | { readonly is: "anchor"; readonly at: "start" | "end" | "both" };

const MAX_PATTERN = 4_096;
const MAX_NESTING = 100;
const LOWER = range("a", "z");
const DIGITS = range("0", "9");
const WORD = [...LOWER, ...range("A", "Z"), ...DIGITS, "_"];
const SPACE = [" ", "\t", "\n"];
/** What negated classes and the dot choose from: letters first, then the rest of printable ASCII, then a few others. */
const EVERYTHING = [...new Set([...WORD, ...range(" ", "~"), "é", "€", "\t", "\n"])];
const CONTROLS: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", f: "\f", v: "\v", "0": "\0" };
const PROPERTIES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(Lu|Uppercase.*)$/, range("A", "Z")],
  [/^(L|Ll|Letter|Lowercase.*|Alphabetic|Latin|Script=Latin)$/, LOWER],
  [/^(N|Nd|Number)$/, DIGITS],
  [/^(P|Po|Punctuation)$/, [".", ",", "!"]],
  [/^(Z|Zs|White_Space)$/, [" "]],
];

/** The tree of a pattern, or undefined when it has what we cannot make texts from, or is none. */
export function parsePattern(pattern: string): PatternNode | undefined {
  if (pattern.length > MAX_PATTERN) return undefined;
  const parser = new PatternParser(Array.from(pattern));
  const root = parser.choice(0);
  return parser.failed || !parser.atEnd() ? undefined : root;
}

class PatternParser {
  failed = false;
  readonly #characters: readonly string[];
  #at = 0;

  constructor(characters: readonly string[]) {
    this.#characters = characters;
  }

  atEnd(): boolean {
    return this.#at >= this.#characters.length;
  }

  choice(depth: number): PatternNode {
    const of = [this.#sequence(depth)];
    while (this.#take("|")) of.push(this.#sequence(depth));
    return of.length === 1 && of[0] ? of[0] : { is: "choice", of };
  }

  #sequence(depth: number): PatternNode {
    const parts: PatternNode[] = [];
    while (!this.failed && !this.atEnd() && !this.#sees("|") && !this.#sees(")")) parts.push(this.#quantified(this.#atom(depth)));
    return { is: "sequence", parts };
  }

  #atom(depth: number): PatternNode {
    const character = this.#next();
    if (character === "^") return { is: "anchor", at: "start" };
    if (character === "$") return { is: "anchor", at: "end" };
    if (character === ".") return set(EVERYTHING.filter((member) => member !== "\n"));
    if (character === "[") return this.#class();
    if (character === "(") return this.#group(depth + 1);
    if (character === "\\") return this.#escape();
    if ("*+?".includes(character)) return this.#fail();
    return set([character]);
  }

  #group(depth: number): PatternNode {
    if (depth > MAX_NESTING) return this.#fail();
    if (this.#take("?")) {
      const named = this.#take("P") || this.#sees("<");
      if (named && this.#take("<")) {
        if (this.#sees("=") || this.#sees("!")) return this.#fail(); // look-behind
        while (!this.atEnd() && this.#next() !== ">");
      } else if (!this.#take(":")) return this.#fail(); // look-ahead, flags
    }
    const inner = this.choice(depth);
    return this.#take(")") ? inner : this.#fail();
  }

  #escape(): PatternNode {
    const character = this.#next();
    if (character === "b") return { is: "anchor", at: "both" };
    if (character === "A") return { is: "anchor", at: "start" };
    if (character === "z" || character === "Z") return { is: "anchor", at: "end" };
    if (/^[1-9kB]$/.test(character)) return this.#fail();
    return set(this.#escaped(character));
  }

  /** The members that an escape stands for; `character` is what follows the backslash. */
  #escaped(character: string): readonly string[] {
    switch (character) {
      case "d":
        return DIGITS;
      case "w":
        return WORD;
      case "s":
        return SPACE;
      case "D":
      case "W":
      case "S": {
        const not = character === "D" ? DIGITS : character === "W" ? WORD : SPACE;
        return EVERYTHING.filter((member) => !not.includes(member));
      }
      case "p":
      case "P":
        return this.#property(character === "P");
      case "x":
      case "u":
        return [this.#codePoint(character === "x" ? 2 : 4)];
      default:
        return [Object.hasOwn(CONTROLS, character) ? (CONTROLS[character] ?? character) : character];
    }
  }

  #property(negated: boolean): readonly string[] {
    let name = "";
    if (!this.#take("{")) name = this.#next();
    else while (!this.atEnd() && !this.#take("}")) name += this.#next();
    const members = PROPERTIES.find(([names]) => names.test(name))?.[1] ?? [];
    return negated ? EVERYTHING.filter((member) => !members.includes(member)) : members;
  }

  #codePoint(digits: number): string {
    let hex = "";
    if (this.#take("{")) while (!this.atEnd() && !this.#take("}")) hex += this.#next();
    else while (hex.length < digits && !this.atEnd()) hex += this.#next();
    const code = /^[0-9a-fA-F]{1,6}$/.test(hex) ? Number.parseInt(hex, 16) : Number.POSITIVE_INFINITY;
    if (code > 0x10ffff) this.failed = true;
    return this.failed ? "" : String.fromCodePoint(code);
  }

  #class(): PatternNode {
    const negated = this.#take("^");
    const members: string[] = [];
    for (let first = true; !this.failed && (first || !this.#sees("]")); first = false) {
      if (this.atEnd()) return this.#fail();
      if (first && this.#sees("]")) break; // `[]` is empty, as JavaScript has it
      const low = this.#member();
      if (low.length === 1 && this.#sees("-") && this.#characters[this.#at + 1] !== "]") {
        this.#next();
        members.push(...range(low[0] ?? "", this.#member()[0] ?? ""));
      } else members.push(...low);
    }
    if (!this.#take("]")) return this.#fail();
    return set(negated ? EVERYTHING.filter((member) => !members.includes(member)) : members, () => this.#fail());
  }

  #member(): readonly string[] {
    const character = this.#next();
    if (character !== "\\") return [character];
    const escaped = this.#next();
    return escaped === "b" ? ["\b"] : this.#escaped(escaped);
  }

  #quantified(of: PatternNode): PatternNode {
    const counts = this.#quantifier();
    if (!counts) return of;
    this.#take("?"); // lazy: the same texts
    return { is: "repeat", of, ...counts };
  }

  #quantifier(): { min: number; max: number } | undefined {
    if (this.#take("*")) return { min: 0, max: Number.POSITIVE_INFINITY };
    if (this.#take("+")) return { min: 1, max: Number.POSITIVE_INFINITY };
    if (this.#take("?")) return { min: 0, max: 1 };
    const written = /^\{(\d{1,7})(,(\d{1,7})?)?\}/.exec(this.#characters.slice(this.#at, this.#at + 20).join(""));
    if (!written) return undefined;
    this.#at += written[0].length;
    const min = Number(written[1]);
    return { min, max: written[3] !== undefined ? Number(written[3]) : written[2] === undefined ? min : Number.POSITIVE_INFINITY };
  }

  #sees(character: string): boolean {
    return this.#characters[this.#at] === character;
  }

  #take(character: string): boolean {
    if (!this.#sees(character)) return false;
    this.#at++;
    return true;
  }

  #next(): string {
    return this.#characters[this.#at++] ?? "";
  }

  #fail(): PatternNode {
    this.failed = true;
    return { is: "sequence", parts: [] };
  }
}

function set(members: readonly string[], whenEmpty?: () => PatternNode): PatternNode {
  return members.length === 0 && whenEmpty ? whenEmpty() : { is: "set", members };
}

/** All characters from one to another, at most 256 of them. */
function range(from: string, to: string): readonly string[] {
  const [first, last] = [from.codePointAt(0) ?? 0, to.codePointAt(0) ?? 0];
  return Array.from({ length: Math.max(0, Math.min(last - first + 1, 256)) }, (_, i) => String.fromCodePoint(first + i));
}
