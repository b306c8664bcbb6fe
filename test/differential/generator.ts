/**
 * Random templates and data for the differential test. The same seed always makes the same ones. Types are tracked loosely: most
 * operands fit, some do not, because errors have to agree too.
 */

/** Numbers below a bound, from a seed (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * bound);
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }
}

const STRINGS = [
  "",
  "a",
  "abc",
  "Hello World",
  "héllo ✓",
  "日本語",
  "😀 ok",
  "a<b>&\"'c",
  "line\nbreak\ttab",
  "x=1&y=2 z",
  "back\\slash `tick`",
  "\u0000\u0007\u007f",
  "  trim me ",
  "%d %s",
  "\u00ad\u2028\ufeff",
  "ǅ ß ﬁ",
];
const INTS = [0, 1, 2, 3, 7, 10, 42, -1, -7, 255, 256, 1000, 1234567, -99999, 2147483648, 9007199254740991];
const FLOATS = [0.5, 2.5, -1.5, 3.14159, 1e-7, 1.5e-5, 0.0001, 123456.789, 1e21, 1.7976931348623157e308, 5e-324, -2.675, 1.005, 0.1, 1e22];
const INT_LITERALS = [
  "0",
  "1",
  "2",
  "3",
  "-1",
  "10",
  "0x1F",
  "0b101",
  "0o17",
  "017",
  "1_000",
  "'a'",
  "'é'",
  "'\\n'",
  "+5",
  "9223372036854775807",
];
const FLOAT_LITERALS = [
  "1.0",
  "2.5",
  "1e3",
  "-0.5",
  ".5",
  "5.",
  "1e-7",
  "1e21",
  "0x1p4",
  "0x1.8p-2",
  "-0.0",
  "100000.0",
  "1e6",
  "123456789.0",
];
const STRING_LITERALS = [
  '"x"',
  '""',
  '"a b"',
  '"\\u00e9\\n"',
  "`raw \\n`",
  '"q\\"q"',
  '"héllo"',
  '"\\x41\\101"',
  '"}}"',
  '"\\xff"',
  '"\\xc3\\xa9"',
];
const VERBS = ["v", "v", "+v", "#v", "T", "q", "s", "d", "x", "X", "o", "O", "b", "c", "U", "e", "E", "f", "F", "g", "G", "t", "w", "z"];
const TEXTS = ["", " ", "text ", "\n", "  \n\t", "a }} b", "é ", "{ x }", "-", "line one\nline two\n"];

/** Functions that take whatever comes out of the stage before, and those that are choosy. */
const TOTAL_STAGES = ["print", "println", "not", "html", "js", "urlquery", 'printf "%v"', 'printf "%s|%q" "z"', "and 1", "or 0"];
const PARTIAL_STAGES = ["len", 'eq "a"', "index .list", "slice .s", "eq 1", "lt 2"];

type Type = "int" | "float" | "string" | "bool" | "list" | "map" | "any";
type Typed = Exclude<Type, "any">;
const TYPES: readonly Typed[] = ["int", "float", "string", "bool", "list", "map"];

/** The fields of the data that have a type. */
const FIELDS: Readonly<Record<Typed, readonly string[]>> = {
  int: [".i", ".j", ".m.n", ".deep.a.b.k"],
  float: [".f", ".g", ".m.f"],
  string: [".s", ".t", ".m.s", ".deep.a.b.c", ".uni"],
  bool: [".yes", ".no"],
  list: [".list", ".nums", ".mixed", ".el", ".maps"],
  map: [".m", ".em", ".deep", ".deep.a"],
};

/** Data with all fields that templates read, and random values in them. */
export function randomData(dice: Dice): Record<string, unknown> {
  const int = () => dice.pick(INTS);
  const float = () => dice.pick(FLOATS);
  const string = () => dice.pick(STRINGS);
  const some = (make: () => unknown, most: number) => Array.from({ length: dice.below(most + 1) }, make);
  const scalar = () => dice.pick([int, float, string, () => dice.chance(50)])();
  return {
    i: int(),
    j: int(),
    f: float(),
    g: float(),
    s: string(),
    t: string(),
    uni: "héllo ✓ 😀",
    yes: true,
    no: false,
    list: some(string, 4),
    nums: some(() => (dice.chance(50) ? int() : float()), 4),
    mixed: some(scalar, 5),
    maps: some(() => ({ k: int(), s: string() }), 3),
    el: [],
    em: {},
    m: { n: int(), f: float(), s: string(), é: "acute", Z: 1, a: scalar() },
    deep: { a: { b: { c: string(), k: int() }, l: [1, [2, null], { x: null }] } },
  };
}

/** Writes one template. */
export class TemplateWriter {
  readonly #dice: Dice;
  #variables: string[] = [];
  #loops = 0;
  // Whether the dot, and whether `$`, is the data; where they are not, their fields are mostly missing, which B30 changes.
  #dotIsData = true;
  #rootIsData = true;
  #names = 0;
  // Most templates are meant to print something: one fault hides everything behind it.
  readonly #mayBreak: boolean;
  readonly #definitions: { name: string; getsData: boolean }[] = [];

  constructor(dice: Dice) {
    this.#dice = dice;
    this.#mayBreak = dice.chance(25);
  }

  template(): string {
    const body = this.#body(3);
    const definitions: string[] = [];
    for (let i = 0; i < this.#definitions.length && i < 5; i++) {
      const { name, getsData } = this.#definitions[i] ?? { name: "", getsData: false };
      definitions.push(`{{define "${name}"}}${this.#separate(getsData, () => this.#body(1))}{{end}}`);
    }
    return this.#dice.chance(50) ? body + definitions.join("") : definitions.join("\n") + body;
  }

  /** A body that sees none of the variables and loops around it. */
  #separate(getsData: boolean, write: () => string): string {
    const saved = { variables: this.#variables, loops: this.#loops, dot: this.#dotIsData, root: this.#rootIsData };
    this.#variables = [];
    this.#loops = 0;
    this.#dotIsData = this.#rootIsData = getsData;
    const text = write();
    this.#variables = saved.variables;
    this.#loops = saved.loops;
    this.#dotIsData = saved.dot;
    this.#rootIsData = saved.root;
    return text;
  }

  /** A body in which the dot is something else. */
  #rebound(isRebound: boolean, depth: number): string {
    const saved = this.#dotIsData;
    if (isRebound) this.#dotIsData = false;
    const text = this.#body(depth);
    this.#dotIsData = saved;
    return text;
  }

  /** What a template is called with, and whether it is the data. */
  #handed(): { argument: string; isData: boolean } {
    if (this.#dotIsData && this.#dice.chance(50)) return { argument: ".", isData: true };
    if (this.#rootIsData && this.#dice.chance(70)) return { argument: "$", isData: true };
    return { argument: this.#operand("any", 1), isData: false };
  }

  #body(depth: number): string {
    const { length } = this.#variables;
    let text = "";
    for (let n = 1 + this.#dice.below(3); n > 0; n--) text += this.#dice.pick(TEXTS) + this.#statement(depth);
    this.#variables.length = length;
    return text + this.#dice.pick(TEXTS);
  }

  #action(inside: string): string {
    const open = this.#dice.chance(12) ? "{{- " : this.#dice.chance(20) ? "{{ " : "{{";
    const close = this.#dice.chance(12) ? " -}}" : this.#dice.chance(20) ? " }}" : "}}";
    return open + inside + close;
  }

  #statement(depth: number): string {
    const dice = this.#dice;
    const kind = dice.below(depth > 0 ? 100 : 50);
    if (kind < 36) return this.#action(this.#pipeline(2));
    if (kind < 44) return this.#declaration();
    if (kind < 46) return this.#action("/* a comment */");
    if (kind < 48 && this.#loops > 0)
      return this.#action(`if ${this.#pipeline(1)}`) + this.#action(dice.pick(["break", "continue"])) + this.#action("end");
    if (kind < 50) return this.#action(this.#mayBreak ? this.#broken() : "/* nothing */");
    if (kind < 66) return this.#branch("if", depth);
    if (kind < 76) return this.#branch("with", depth);
    if (kind < 92) return this.#range(depth);
    if (kind < 96) return this.#call();
    const { argument, isData } = this.#handed();
    return (
      this.#action(`block "b${this.#names++}" ${argument}`) + this.#separate(isData, () => this.#body(depth - 1)) + this.#action("end")
    );
  }

  #declaration(): string {
    const known = this.#variables.at(-1);
    const value = this.#pipeline(2);
    if (known !== undefined && this.#dice.chance(40)) return this.#action(`${known} = ${value}`);
    const name = this.#dice.pick(["$x", "$y", "$z"]);
    const text = this.#action(`${name} := ${value}`);
    this.#variables.push(name);
    return text;
  }

  #branch(word: "if" | "with", depth: number): string {
    const dice = this.#dice;
    const { length } = this.#variables;
    let condition = this.#pipeline(2);
    if (dice.chance(15)) {
      condition = `$c := ${condition}`;
      this.#variables.push("$c");
    }
    const isWith = word === "with";
    let text = this.#action(`${word} ${condition}`) + this.#rebound(isWith, depth - 1);
    while (dice.chance(25)) text += this.#action(`else ${word} ${this.#pipeline(2)}`) + this.#rebound(isWith, depth - 1);
    if (dice.chance(50)) text += this.#action("else") + this.#body(depth - 1);
    this.#variables.length = length;
    return text + this.#action("end");
  }

  #range(depth: number): string {
    const dice = this.#dice;
    const { length } = this.#variables;
    const over = dice.chance(85)
      ? this.#operand(dice.pick(["list", "map"]), 1)
      : dice.pick(["3", "0", ".i", ".s", ".f", ".yes", ".missing", "(len $.s)"]);
    const form = over === ".missing" ? 0 : dice.below(4); // its variable would be nil
    const isCounting = /^\.[ij]?$|^\$$/.test(over);
    const safe = isCounting ? "3" : over; // counting to nine quadrillion would take a while
    if (form > 0) this.#variables.push("$e");
    if (form === 2) this.#variables.push("$k");
    const head = form === 0 ? "" : form === 2 ? "$k, $e := " : form === 1 ? "$e := " : "$e := ";
    this.#loops += 1;
    let text = this.#action(`range ${head}${safe}`) + this.#rebound(true, depth - 1);
    this.#loops -= 1;
    if (dice.chance(40)) text += this.#action("else") + this.#body(depth - 1);
    this.#variables.length = length;
    return text + this.#action("end");
  }

  #call(): string {
    const name = `t${this.#names++}`;
    const { argument, isData } = this.#handed();
    if (this.#dice.chance(92)) this.#definitions.push({ name, getsData: isData });
    return this.#action(`template "${name}" ${argument}`);
  }

  /** Something that Go refuses, or nearly. */
  #broken(): string {
    return this.#dice.pick([
      ".s.x",
      ".list.y",
      "$nope",
      "nosuch .i",
      ".i 1",
      "1 2",
      "index .list 99",
      "index .m 1",
      "slice .s 5 2",
      "slice .s 1 99",
      "len .i",
      "eq",
      "eq 1",
      'lt "a" 1',
      "lt .list .list",
      "eq .m .m",
      'eq .list "a"',
      "not",
      "and",
      "print | .i",
      "1 | 2",
      "(1) 2",
      ".",
      "printf 1",
      "printf .i",
      "printf `%d`",
      "call .s",
      "slice .m",
      "index 1 2",
      "$x := ",
      "nil",
      "(nil)",
      "1.x",
      ".s.",
      '"\\q"',
      "08",
      "1e",
      "'ab'",
      "18446744073709551615",
      "print (1",
      "print 1)",
      "range",
      "else",
      "print nil",
      "eq nil 1",
      "printf `%v %s` nil nil",
      "range $a, $b := 3",
      "template `none`",
    ]);
  }

  #pipeline(depth: number): string {
    const dice = this.#dice;
    let text = dice.chance(30) ? this.#operand("any", depth) : this.#command(dice.pick([...TYPES, "any"]), depth);
    while (dice.chance(20)) {
      text += ` | ${dice.pick(dice.chance(95) ? TOTAL_STAGES : PARTIAL_STAGES)}`;
    }
    return text;
  }

  /** A function call, or an operand, that most often gives that type. */
  #command(type: Type, depth: number): string {
    const dice = this.#dice;
    const any = (): string => this.#operand("any", depth - 1);
    const of = (wanted: Type): string => this.#operand(dice.chance(98) ? wanted : "any", depth - 1);
    switch (type) {
      case "int":
        return `len ${of(dice.pick(["string", "list", "map"]))}`;
      case "float":
      case "map":
        return this.#operand(type, depth);
      case "string":
        return this.#stringCommand(depth);
      case "bool": {
        const compared = dice.pick<Type>(["int", "float", "string"]);
        return dice.pick([
          () => `eq ${of(compared)} ${of(compared)}`,
          () => `eq ${of(compared)} ${of(compared)} ${of(compared)}`,
          () => `${dice.pick(["ne", "lt", "le", "gt", "ge"])} ${of(compared)} ${of(compared)}`,
          () => `not ${any()}`,
          () => `eq ${of("bool")} ${of("bool")}`,
        ])();
      }
      case "list":
        return `slice ${of("list")}${dice.chance(50) ? ` ${dice.below(2)}` : ""}${dice.chance(20) ? ` ${dice.below(3)}` : ""}`;
      case "any":
        return dice.pick([
          () => `${dice.pick(["and", "or"])} ${any()} ${any()}${dice.chance(30) ? ` ${any()}` : ""}`,
          () => `index ${of("list")} ${dice.below(3)}`,
          () => (this.#rootIsData ? `index $.m ${dice.pick(['"n"', '"a"', '"é"', '"Z"'])}` : any()),
          () => `index ${of("string")} ${dice.below(4)}`,
          () => any(),
        ])();
    }
  }

  #stringCommand(depth: number): string {
    const dice = this.#dice;
    const any = (): string => this.#operand("any", depth - 1);
    return dice.pick([
      () => `print ${any()}${dice.chance(60) ? ` ${any()}` : ""}${dice.chance(30) ? ` ${any()}` : ""}`,
      () => `println ${any()} ${any()}`,
      () => this.#printf(depth),
      () => this.#printf(depth),
      () => this.#printf(depth),
      () => `${dice.pick(["html", "js", "urlquery"])} ${any()}${dice.chance(20) ? ` ${any()}` : ""}`,
      () => `slice ${this.#operand("string", depth - 1)} ${dice.below(3)}${dice.chance(50) ? ` ${dice.below(6)}` : ""}`,
    ])();
  }

  #printf(depth: number): string {
    const dice = this.#dice;
    let format = dice.pick(["", "x ", "%% ", "é"]);
    const args: string[] = [];
    for (let n = dice.below(4); n > 0; n--) {
      const verb = dice.pick(VERBS);
      format += `%${this.#flags(args)}${verb}${dice.pick(["", " ", "|"])}`;
      const wanted: Type = "dxXobcU".includes(verb) ? "int" : "eEfFgG".includes(verb) ? "float" : dice.pick(TYPES);
      args.push(this.#operand(dice.chance(75) ? wanted : dice.pick(TYPES), depth - 1));
    }
    if (dice.chance(8)) format += "%";
    if (dice.chance(8)) args.push(this.#operand("any", depth - 1));
    if (dice.chance(8)) args.pop();
    return `printf ${JSON.stringify(format)} ${args.join(" ")}`.trimEnd();
  }

  #flags(args: string[]): string {
    const dice = this.#dice;
    let flags = "";
    for (let n = dice.below(3); n > 0; n--) if (dice.chance(50)) flags += dice.pick(["-", "+", "#", "0", " "]);
    if (dice.chance(6)) flags += dice.pick(["[1]", "[2]", "[9]", "[x]", "["]);
    if (dice.chance(30)) flags += dice.chance(15) ? this.#star(args) : String(1 + dice.below(12));
    if (dice.chance(25)) flags += `.${dice.chance(12) ? this.#star(args) : dice.chance(80) ? dice.below(8) : dice.pick(["", "20", "30"])}`;
    if (dice.chance(2)) flags += dice.pick(["99999999", "[1]"]);
    return flags;
  }

  #star(args: string[]): string {
    args.push(this.#dice.pick(["5", "0", "-4", '"x"', "3", "9999999"]));
    return "*";
  }

  #operand(type: Type, depth: number): string {
    const dice = this.#dice;
    const wanted: Typed = type === "any" ? dice.pick(TYPES) : type;
    if (type === "any" && this.#variables.length > 0 && dice.chance(35)) return dice.pick(this.#variables);
    if (type === "any" && dice.chance(8)) return dice.pick(this.#rootIsData ? [".", "$", "$.s", "$.m.n", "$.deep.a.l"] : [".", "$"]);
    if (depth > 0 && dice.chance(25)) return `(${this.#command(wanted, depth - 1)})`;
    if (dice.chance(30)) {
      if (wanted === "int") return dice.pick(INT_LITERALS);
      if (wanted === "float") return dice.pick(FLOAT_LITERALS);
      if (wanted === "string") return dice.pick(STRING_LITERALS);
      if (wanted === "bool") return dice.pick(["true", "false"]);
    }
    const field = dice.pick(FIELDS[wanted]);
    if (this.#dotIsData && dice.chance(60)) return field;
    if (this.#rootIsData) return `$${field}`;
    return dice.pick([".", "1", '"s"', "2.5", "true"]);
  }
}
