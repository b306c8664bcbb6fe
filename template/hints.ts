/** Ways out of mistakes that people bring along from other languages, for the errors of the parser. */

const INSTEAD_OF_FUNCTIONS: Readonly<Record<string, string>> = {
  elif: "write {{else if …}}",
  elseif: "write {{else if …}}",
  endfor: "write {{end}}",
  endif: "write {{end}}",
  for: "write {{range …}}",
  foreach: "write {{range …}}",
  include: "write {{template …}}",
  length: 'did you mean "len"?',
  lenght: 'did you mean "len"?',
  size: 'did you mean "len"?',
  toYaml: "there is no YAML here; did you mean toJson?",
};

const INSTEAD_OF_CHARACTERS: Readonly<Record<string, string>> = {
  "!": "write not",
  "&": "write and",
  "(": "put a space in front of it",
  "+": "write add",
  ",": "separate arguments by spaces",
  "/": "write div",
  "<": "write lt",
  "=": "compare with eq",
  ">": "write gt",
  "?": "write ternary or if",
  "[": "write index",
  "“": "write plain quotes",
  "”": "write plain quotes",
};

/** What to write instead of a function that does not exist; `meant` is a name that looks like it. */
export function functionHint(name: string, meant: string | undefined): string {
  const instead = Object.hasOwn(INSTEAD_OF_FUNCTIONS, name) ? INSTEAD_OF_FUNCTIONS[name] : undefined;
  return instead ?? (meant === undefined ? `a field is written .${name}` : `did you mean "${meant}"?`);
}

/** A problem with a character, and what to write instead if that is known. */
export function withCharacterHint(problem: string, character: string): string {
  const instead = Object.hasOwn(INSTEAD_OF_CHARACTERS, character) ? INSTEAD_OF_CHARACTERS[character] : undefined;
  return instead === undefined ? problem : `${problem}; ${instead}`;
}
