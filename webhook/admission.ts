// What the API server is answered. No rule is here: they are in crds/, and `ark validate` asks the very same ones (SPEC §4).
import { type CheckContext, checkObject, type FieldError, GROUP, isKindName, type Verdict } from "../crds/index.ts";
import type { Clock } from "../plugins/sdk/index.ts";
import { type OtherObjects, ReviewKnowledge } from "./otherObjects.ts";
import { type Answer, isObject, type Refusal, type Review } from "./review.ts";
import { approvalsOf, stampsOf } from "./stamps.ts";
import { jsonOf, type VerdictCache } from "./verdictCache.ts";

/** What answering takes. */
export interface AdmissionParts {
  /** Answers given before; none are remembered without it. */
  readonly answers?: VerdictCache | undefined;
  readonly objects: OtherObjects;
  /** Whether the asking user may decide on approvals of this run (SubjectAccessReview). Rejects when nobody can say. */
  mayApprove(review: Review, signal: AbortSignal): Promise<boolean>;
  readonly clock: Clock;
}

/** When an answer is of no use any more; asked for its signal only by those who wait. */
export interface Ends {
  readonly signal: AbortSignal;
}

/** B20: a refusal that rests on another object is confirmed within this. */
const CONFIRM_MS = 1_000;
/** Each round of confirming may show further teams; cycles of teams are found within the longest chain that is looked at. */
const MAX_ROUNDS = 8;

/**
 * The answer to a review by the rules of the object's kind. What is not the rules' business (deletes, status and other subresources,
 * other groups, an unchanged spec) is allowed. `ends.signal` is aborted when the API server has given up.
 */
export async function validate(review: Review, parts: AdmissionParts, ends: Ends): Promise<Answer> {
  if (!isChecked(review) || isSpecUnchanged(review)) return {};
  const known = parts.answers?.get(review);
  if (known) return known;
  const knowledge = new ReviewKnowledge(parts.objects, review.namespace);
  const answer = await judge(review, knowledge, parts, ends);
  if (knowledge.isUnasked) parts.answers?.remember(review, answer);
  return answer;
}

async function judge(review: Review, knowledge: ReviewKnowledge, parts: AdmissionParts, ends: Ends): Promise<Answer> {
  const { object, oldObject, operation } = review;
  if (!isObject(object)) return { refusal: invalid([{ path: "", code: "type", message: "request.object is missing" }]) };
  const base: CheckContext = operation === "UPDATE" ? { operation: "update", oldObject } : { operation: "create" };
  let verdict = checkObject(object, knowledge.context(base));
  if (isInDoubt(verdict, knowledge)) {
    const deadline = deadlineOf(parts.clock, ends.signal);
    for (let round = 1; round <= MAX_ROUNDS && isInDoubt(verdict, knowledge); round++) {
      await knowledge.confirm(deadline.signal);
      verdict = checkObject(object, knowledge.context(base));
    }
    deadline.release();
  }
  const errors = [...verdict.errors, ...(await approvalFaults(review, parts, ends))];
  const warnings = [...verdict.warnings.map(sentenceOf), ...knowledge.unknowns()];
  return { refusal: errors.length > 0 ? invalid(errors) : undefined, warnings };
}

/** The answer to a review of a run that is to be stamped (B19). */
export function stamp(review: Review, parts: Pick<AdmissionParts, "clock">): Answer {
  if (!isChecked(review) || review.kind.kind !== "ArkRun") return {};
  return { patch: stampsOf(review, parts.clock.now()) };
}

function isSpecUnchanged({ operation, object, oldObject }: Review): boolean {
  if (operation !== "UPDATE" || !isObject(object) || !isObject(oldObject)) return false;
  const spec = jsonOf(object["spec"]);
  return spec !== undefined && spec === jsonOf(oldObject["spec"]);
}

function isChecked({ operation, subResource, kind, object }: Review): boolean {
  if (operation !== "CREATE" && operation !== "UPDATE") return false;
  if (subResource !== "") return false;
  // An object that calls itself something else than the request does is looked at as what it says, and refused by that.
  return (
    kind.group === GROUP || (isObject(object) && typeof object["apiVersion"] === "string" && object["apiVersion"].startsWith(`${GROUP}/`))
  );
}

/** A refusal that the store alone has caused, or an absence that only the store claims. */
function isInDoubt(verdict: Verdict, knowledge: ReviewKnowledge): boolean {
  return knowledge.isUnconfirmed && (verdict.errors.length > 0 || knowledge.isGuess);
}

/** Decisions are for those who may `approve` the run (SPEC §2.3). Asked only when one is added. */
async function approvalFaults(review: Review, parts: AdmissionParts, ends: Ends): Promise<FieldError[]> {
  if (review.kind.kind !== "ArkRun") return [];
  const before = review.operation === "UPDATE" ? approvalsOf(review.oldObject).length : 0;
  if (approvalsOf(review.object).length <= before) return [];
  if (await parts.mayApprove(review, ends.signal)) return [];
  const message = `user "${review.user.username}" may not decide on this run; a role with the verb "approve" on arkruns.${GROUP} is needed`;
  return [{ path: `spec.approvals[${before}]`, code: "forbidden", message }];
}

const sentenceOf = ({ path, message }: FieldError): string => (path === "" ? message : `${path}: ${message}`);

/** All faults as one refusal. kubectl shows the causes, other clients the message. */
function invalid(errors: readonly FieldError[]): Refusal {
  const sentences = errors.map(sentenceOf);
  const message = sentences.length === 1 ? (sentences[0] ?? "") : `${sentences.length} faults: ${sentences.join("; ")}`;
  const causes = errors.map(({ path, code, message: text }) => ({ reason: code, message: text, field: path }));
  return { code: 422, reason: "Invalid", message: message.slice(0, MAX_MESSAGE_CHARS), causes };
}

/** The causes hold everything; a message is for reading. */
const MAX_MESSAGE_CHARS = 16_384;

/** Metrics and logs name kinds that exist, and no others: labels are not for strangers to invent. */
export function kindLabel(review: Review): string {
  return isKindName(review.kind.kind) ? review.kind.kind : "other";
}

function deadlineOf(clock: Clock, signal: AbortSignal): { readonly signal: AbortSignal; release(): void } {
  const late = new AbortController();
  const release = clock.after(CONFIRM_MS, () => late.abort(new Error("the API server took longer than a second")));
  return { signal: AbortSignal.any([signal, late.signal]), release };
}
