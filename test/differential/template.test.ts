import { expect } from "chai";
import { compile, TemplateError } from "../../template/index.ts";
import { Dice, randomData, TemplateWriter } from "./generator.ts";
import { type GoRequest, type GoResponse, renderWithGo } from "./goTemplate.ts";

const DEFAULT_SEED = 20_260_101;
const DEFAULT_CASES = 500;

const seed = Number(process.env["ARK_DIFF_SEED"] ?? DEFAULT_SEED);
const cases = Number(process.env["ARK_DIFF_CASES"] ?? DEFAULT_CASES);

/**
 * Where B30 wants something else than Go, so that there is nothing to compare. Nil: Go refuses to look into it, or into its
 * length. Numbers: Go does not compare integers with floats.
 */
const INTENDED = [
  /incompatible types for comparison: (?:u?int\d*|float64) and (?:u?int\d*|float64)$/,
  /nil pointer evaluating interface \{\}/,
  /index of (?:untyped nil|nil pointer)|len of nil pointer|call of reflect\.Value\.Type on zero Value/,
];

const isIntended = ({ err }: GoResponse): boolean => INTENDED.some((pattern) => pattern.test(err));

/** What Go prints for nil, which B30 prints as nothing, as it is and escaped. Inside lists we print it too, so it is taken from both sides. */
const NIL = /%!s\(<nil>\)|<no value>|&lt;no value&gt;|\\u003Cno value\\u003E|%3Cno\+value%3E|<nil>/g;

const withoutNil = (text: string): string => text.replace(NIL, "");

interface Ours {
  readonly out: string;
  readonly error: TemplateError | undefined;
}

function render({ template, data }: GoRequest): Ours {
  try {
    return { out: compile(template).render(data), error: undefined };
  } catch (error) {
    if (error instanceof TemplateError) return { out: "", error };
    throw new Error(`no TemplateError for ${JSON.stringify({ template, data })}`, { cause: error });
  }
}

/** Go names a line, and when it renders also a column, in bytes from 0. */
function positionOf(err: string, template: string): { line: number; column: number | undefined } {
  const match = /^template: t:(\d+)(?::(\d+))?:/.exec(err);
  const line = Number(match?.[1]);
  if (match?.[2] === undefined) return { line, column: undefined };
  const bytes = Buffer.from(template.split("\n")[line - 1] ?? "").subarray(0, Number(match[2]));
  return { line, column: bytes.toString().length + 1 };
}

/** How our answer differs from Go's, if it does. */
function differenceOf(request: GoRequest, go: GoResponse): string | undefined {
  const ours = render(request);
  const shown = JSON.stringify(request);
  if (ours.error?.code === "limit") return `a limit was reached: ${ours.error.message}\n${shown}`;
  if (go.err === "") {
    if (ours.error !== undefined) return `Go prints ${JSON.stringify(go.out)}, we say ${ours.error.message}\n${shown}`;
    const want = withoutNil(go.out);
    return withoutNil(ours.out) === want ? undefined : `Go prints ${JSON.stringify(want)}\nwe print  ${JSON.stringify(ours.out)}\n${shown}`;
  }
  if (ours.error === undefined) return `Go says ${go.err}, we print ${JSON.stringify(ours.out)}\n${shown}`;
  const want = positionOf(go.err, request.template);
  const isThere = ours.error.line === want.line && (want.column === undefined || ours.error.column === want.column);
  return isThere ? undefined : `Go says ${go.err}\nwe say ${ours.error.message}\n${shown}`;
}

describe(`templates render as in Go: ${cases} cases from seed ${seed} (ARK_DIFF_CASES, ARK_DIFF_SEED)`, function () {
  this.timeout(300_000); // building the Go program the first time takes a while

  it("prints the same bytes, and refuses the same templates in the same place (B30, B35)", () => {
    const dice = new Dice(seed);
    const requests = Array.from({ length: cases }, () => ({ data: randomData(dice), template: new TemplateWriter(dice).template() }));
    const answers = renderWithGo(requests);
    expect(answers).to.have.length(cases);
    let compared = 0;
    let printed = 0;
    const differences: string[] = [];
    requests.forEach((request, i) => {
      const go = answers[i];
      if (go === undefined || isIntended(go)) return;
      compared += 1;
      if (go.err === "") printed += 1;
      const difference = differenceOf(request, go);
      if (difference !== undefined) differences.push(difference);
    });
    const shortest = differences.sort((a, b) => a.length - b.length).slice(0, 5);
    expect(shortest.join("\n\n"), `${differences.length} differences`).to.equal("");
    // A generator that only made errors, or only what B30 changes, would prove nothing.
    expect(compared).to.be.greaterThan(cases * 0.9);
    expect(printed).to.be.greaterThan(cases * 0.4);
  });
});
