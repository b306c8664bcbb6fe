// Certificates out of PEM. Reading takes Node alone; only who makes one loads a library (authority.ts).
import { createPrivateKey, X509Certificate } from "node:crypto";
import { isIPv6 } from "node:net";
import type { Authority, Leaf } from "./certificateState.ts";
import { withoutKey } from "./certificateState.ts";

/** One certificate of a PEM text. */
const BLOCK = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** The authorities in a PEM text, in their order. `isClean`: there was nothing else in it. */
export function readBundle(text: string): { authorities: Authority[]; isClean: boolean } {
  const blocks = text.match(BLOCK) ?? [];
  const authorities = blocks.map((block) => readAuthority(block)).filter((one): one is Authority => one !== undefined);
  return { authorities, isClean: authorities.length === blocks.length && text.replace(BLOCK, "").trim() === "" };
}

/** The first certificate of a PEM text when it is an authority's; with the key, when that is its own. Never throws. */
export function readAuthority(cert: string, key?: string): Authority | undefined {
  const certificate = parse(cert);
  if (!certificate?.ca || !isSignedBy(certificate, certificate)) return undefined;
  const authority = { id: certificate.fingerprint256, cert: certificate.toString().trim(), ...timesOf(certificate) };
  return key !== undefined && isKeyOf(certificate, key) ? { ...authority, key } : authority;
}

/** The first certificate of a PEM text as one that is served: undefined unless `authority` has signed it and the key is its own. */
export function readLeaf(cert: string, key: string, authority: Authority): Leaf | undefined {
  const certificate = parse(cert);
  const issuer = parse(authority.cert);
  if (!certificate || !issuer || !isSignedBy(certificate, issuer) || !isKeyOf(certificate, key)) return undefined;
  return { cert, key, authority: withoutKey(authority), hosts: hostsOf(certificate), ...timesOf(certificate) };
}

/** When the first certificate of a PEM text ends. Undefined when there is none, or the key is not its own. */
export function readExpiry(cert: string, key: string): number | undefined {
  const certificate = parse(cert);
  return certificate && isKeyOf(certificate, key) ? timesOf(certificate).endsAtMs : undefined;
}

function parse(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined; // as good as absent: whoever asks makes a new one
  }
}

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function isKeyOf(certificate: X509Certificate, key: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

const timesOf = ({ validFrom, validTo }: X509Certificate): { startsAtMs: number; endsAtMs: number } => ({
  startsAtMs: Date.parse(validFrom),
  endsAtMs: Date.parse(validTo),
});

/** `DNS:ark-server.ark-system.svc, IP Address:127.0.0.1`. */
function hostsOf({ subjectAltName = "" }: X509Certificate): string[] {
  return subjectAltName
    .split(", ")
    .map((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1])
    .filter((host): host is string => host !== undefined)
    .map(canonicalHost);
}

/** A DNS name or an address in the one way that it is compared in: lower case, IPv6 with its zeros left out. */
export function canonicalHost(host: string): string {
  return isIPv6(host) ? new URL(`http://[${host}]`).hostname.slice(1, -1) : host.toLowerCase();
}
