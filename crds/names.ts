// What may be called how (B12), and how names are made from names.
import { createHash } from "node:crypto";
import { MAX_DERIVED_NAME_CHARS } from "./limits.ts";

/** Namespace of an object that names none, as kubectl and `ark run` have it (B100). */
export const DEFAULT_NAMESPACE = "default";

/** RFC 1123 label, at most 63 characters: team names, namespaces. */
export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text);
}

/** RFC 1123 subdomain, at most 253 characters: names of most objects. */
export function isDnsSubdomain(text: string): boolean {
  return text.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text);
}

/** B12: role and step names stand in templates (`.steps.legal_review.output`), where a hyphen or a dot would mean something else. */
export function isTemplateName(text: string): boolean {
  return /^[a-z][a-z0-9_]{0,39}$/.test(text) && !text.endsWith("_");
}

/** The nearest name that {@link isTemplateName} takes: `legal-review` → `legal_review`. Undefined when nothing of it can be kept. */
export function templateNameHint(text: string): string | undefined {
  const hint = text
    .slice(0, 256)
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1_$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[^a-z]+/, "")
    .slice(0, 40)
    .replace(/_+$/, "");
  return hint === "" ? undefined : hint;
}

/**
 * One name from several (B12): joined by `-`, `_` written as `-`. Over 52 characters it is its first 43, `-` and 8 hex of the sha256 of
 * the whole, so that two long names stay two. The same parts give the same name on every machine.
 */
export function derivedName(...parts: readonly string[]): string {
  const whole = parts.join("-").replaceAll("_", "-");
  if (whole.length <= MAX_DERIVED_NAME_CHARS) return whole;
  const hash = createHash("sha256").update(whole).digest("hex").slice(0, 8);
  const kept = whole.slice(0, MAX_DERIVED_NAME_CHARS - hash.length - 1);
  return `${kept.replace(/\.$/, "-")}-${hash}`; // a label may not begin with "-", so no "." may stand before it
}

/** The ArkAgent that is made for an inline role: `<team>-<role>`. */
export function managedAgentName(team: string, role: string): string {
  return derivedName(team, role);
}

/** The queue of a role: `<namespace>.<team>.<role>` (B60). */
export function roleQueueName(namespace: string, team: string, role: string): string {
  return `${namespace}.${team}.${role}`;
}

/** The queue of an agent's work without a team: `<namespace>._.<agent>`; `_` is no team's name. */
export function agentQueueName(namespace: string, agent: string): string {
  return `${namespace}._.${agent}`;
}
