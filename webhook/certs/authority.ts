// Makes authorities and serving certificates: ECDSA on P-256. The library is loaded by the first that is made, which is rare: a server
// that finds its certificate in the Secret starts without it.
import type { webcrypto } from "node:crypto";
import { isIP } from "node:net";
import { type Authority, BACKDATED_MS, type Leaf } from "./certificateState.ts";
import { readAuthority, readLeaf } from "./readCertificates.ts";

/** What making takes. Keys and serial numbers are drawn from `crypto`. */
export interface IssuerParts {
  readonly crypto: webcrypto.Crypto;
  readonly nowMs: number;
  readonly lifetimeMs: number;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
/** Of the 20 that RFC 5280 allows. */
const SERIAL_BYTES = 16;

/** A new authority, with its key. It signs serving certificates and nothing else: no authority below it. */
export async function makeAuthority({ crypto, nowMs, lifetimeMs }: IssuerParts): Promise<Authority> {
  const x509 = await library();
  const keys = await newKeys(crypto);
  const serialNumber = newSerial(crypto);
  const name = `CN=ark webhook authority ${serialNumber.slice(0, 16)}`; // one of a kind, so that chains are found by name
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber,
      subject: name,
      issuer: name,
      ...timesFrom(nowMs, lifetimeMs),
      signingAlgorithm: ALGORITHM,
      publicKey: keys.publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, crypto),
      ],
    },
    crypto,
  );
  return sound(readAuthority(certificate.toString("pem"), await pemOfKey(crypto, keys.privateKey)));
}

/** A new serving certificate for DNS names and IP addresses. It never outlives its authority. @throws TypeError when that has no key */
export async function makeLeaf(authority: Authority, hosts: readonly string[], { crypto, nowMs, lifetimeMs }: IssuerParts): Promise<Leaf> {
  if (authority.key === undefined) throw new TypeError("an authority without its key signs nothing");
  const x509 = await library();
  const issuer = new x509.X509Certificate(authority.cert);
  const [der] = x509.PemConverter.decode(authority.key);
  if (!der) throw new TypeError("the authority's key is no PEM");
  const signingKey = await crypto.subtle.importKey("pkcs8", der, ALGORITHM, false, ["sign"]);
  const keys = await newKeys(crypto);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: newSerial(crypto),
      subject: "CN=ark-server",
      issuer: issuer.subject,
      ...timesFrom(nowMs, Math.min(lifetimeMs, authority.endsAtMs - nowMs)),
      signingAlgorithm: ALGORITHM,
      publicKey: keys.publicKey,
      signingKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value }))),
        await x509.AuthorityKeyIdentifierExtension.create(issuer, false, crypto),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, crypto),
      ],
    },
    crypto,
  );
  const key = await pemOfKey(crypto, keys.privateKey);
  return sound(readLeaf(certificate.toString("pem"), key, authority));
}

/** The library, with the reflection that its injector needs before it. */
async function library(): Promise<typeof import("@peculiar/x509")> {
  await import("reflect-metadata");
  return import("@peculiar/x509");
}

const newKeys = (crypto: webcrypto.Crypto): Promise<webcrypto.CryptoKeyPair> =>
  crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);

async function pemOfKey(crypto: webcrypto.Crypto, key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey("pkcs8", key)).toString("base64");
  return ["-----BEGIN PRIVATE KEY-----", ...(der.match(/.{1,64}/g) ?? []), "-----END PRIVATE KEY-----", ""].join("\n");
}

/** Hexadecimal, positive, in its shortest form. */
function newSerial(crypto: webcrypto.Crypto): string {
  const bytes = Buffer.from(crypto.getRandomValues(new Uint8Array(SERIAL_BYTES)));
  return `01${bytes.toString("hex")}`.slice(0, 2 * SERIAL_BYTES);
}

const timesFrom = (nowMs: number, lifetimeMs: number): { notBefore: Date; notAfter: Date } => ({
  notBefore: new Date(nowMs - BACKDATED_MS),
  notAfter: new Date(nowMs + lifetimeMs),
});

/** What we make, we can read. */
function sound<T>(made: T | undefined): T {
  if (made === undefined) throw new Error("a certificate that was just made cannot be read");
  return made;
}
