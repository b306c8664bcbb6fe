/** What a judge said: whether the answer is valid, and else why (B44). */
export interface Verdict {
  readonly isValid: boolean;
  readonly reason: string;
}

const BEGINNING = /^[\s*_"'`#>-]*(valid|pass|passed|invalid|fail|failed)\b[\s*_"'`:.,;–—-]*/i;
const DENIAL = /\binvalid\b/i;

/**
 * Reads a judge's reply: it begins with VALID, INVALID, pass or fail, in any case and whatever marks stand around it. All else is
 * INVALID, and so is a reply that begins with VALID and says INVALID later.
 */
export function verdictOf(reply: string): Verdict {
  const match = BEGINNING.exec(reply);
  if (match === null) return { isValid: false, reason: "the judge gave no verdict: its reply begins with neither VALID nor INVALID" };
  const rest = reply.slice(match[0].length).trim();
  const word = (match[1] ?? "").toLowerCase();
  if (!word.startsWith("invalid") && !word.startsWith("fail") && !DENIAL.test(rest)) return { isValid: true, reason: rest };
  return { isValid: false, reason: rest === "" ? "the judge says INVALID and gives no reason" : rest };
}
