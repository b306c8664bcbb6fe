// The shared state as it stands in a Secret, and back. Keys that are not ours are left alone.
import { type Authority, type CertificateState, NO_STATE, withoutKey } from "./certificateState.ts";
import { readAuthority, readBundle, readLeaf } from "./readCertificates.ts";

/** Keys of ours in the Secret. Taking `ca.key` out asks for a new authority: who cannot sign is replaced, in order. */
const KEYS = ["ca.crt", "ca.key", "next-ca.crt", "next-ca.key", "previous-ca.crt", "previous-until", "tls.crt", "tls.key"] as const;
type Key = (typeof KEYS)[number];

/** `data` of a Secret: base64 by key. */
export type SecretData = Readonly<Record<string, string>>;

/** What the data say. What cannot be read, or does not fit the rest, is left out. Never throws. */
export function stateOf(data: unknown): CertificateState {
  if (typeof data !== "object" || data === null) return NO_STATE;
  const text = (key: Key): string => {
    const value: unknown = Object.hasOwn(data, key) ? (data as Record<string, unknown>)[key] : undefined;
    return typeof value === "string" ? Buffer.from(value, "base64").toString("utf8") : "";
  };
  const authority = readAuthority(text("ca.crt"), text("ca.key"));
  const next = readAuthority(text("next-ca.crt"), text("next-ca.key"));
  const untilMs = Date.parse(text("previous-until"));
  return {
    authority,
    next: next?.key !== undefined && next.id !== authority?.id ? next : undefined,
    previous: readBundle(text("previous-ca.crt")).authorities.filter(({ id }) => id !== authority?.id),
    previousUntilMs: Number.isNaN(untilMs) ? undefined : untilMs,
    leaf: authority && readLeaf(text("tls.crt"), text("tls.key"), authority),
  };
}

/** The data of a state, beside what others have in `data`. */
export function dataOf({ authority, next, previous, previousUntilMs, leaf }: CertificateState, data: SecretData = {}): SecretData {
  const texts: Record<Key, string | undefined> = {
    "ca.crt": authority && certOf(authority),
    "ca.key": authority?.key,
    "next-ca.crt": next && certOf(next),
    "next-ca.key": next?.key,
    "previous-ca.crt": previous.length === 0 ? undefined : bundleText(previous),
    "previous-until": previousUntilMs === undefined ? undefined : new Date(previousUntilMs).toISOString(),
    "tls.crt": leaf?.cert,
    "tls.key": leaf?.key,
  };
  const others = Object.entries(data).filter(([key]) => !KEYS.some((ours) => ours === key));
  const ours = Object.entries(texts).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries([...others, ...ours.map(([key, value]) => [key, Buffer.from(value).toString("base64")])]);
}

/** Authorities as one PEM text. */
export const bundleText = (authorities: readonly Authority[]): string => authorities.map((one) => certOf(withoutKey(one))).join("");

const certOf = ({ cert }: Authority): string => `${cert}\n`;
