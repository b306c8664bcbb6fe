// Certificates for tests: Node makes keys but no certificates, and neither openssl nor Go need be there when the programs come from
// KUBEBUILDER_ASSETS. So the few DER values that X.509 needs (RFC 5280) are written here: EC P-256, signed with SHA-256.
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";

/** A certificate and its key, both PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

/** Whom a certificate is for. With `hosts` it is a server's, without a client's. */
export interface IdentityRequest {
  readonly commonName: string;
  /** Groups, to Kubernetes. */
  readonly organizations?: readonly string[];
  /** DNS names and IPv4 addresses that a server answers to. */
  readonly hosts?: readonly string[];
  /** Milliseconds from now; negative is a certificate that has ended. Ten years unless told. */
  readonly lifetimeMs?: number;
}

/** Signs certificates. */
export interface Authority extends Identity {
  issue(request: IdentityRequest): Identity;
}

const TEN_YEARS_MS = 10 * 365 * 86_400_000;
const AN_HOUR_MS = 3_600_000;

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const UTF8_STRING = 0x0c;
const GENERALIZED_TIME = 0x18;
const TRUE = Buffer.from([0x01, 0x01, 0xff]);
/** `[n]` of a structure. */
const context = (n: number): number => 0xa0 + n;
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

const OID = {
  ecdsaWithSha256: "06082a8648ce3d040302",
  commonName: "0603550403",
  organization: "060355040a",
  keyUsage: "0603551d0f",
  subjectAltName: "0603551d11",
  basicConstraints: "0603551d13",
  extendedKeyUsage: "0603551d25",
  serverAuth: "06082b06010505070301",
  clientAuth: "06082b06010505070302",
} as const;

/** Bits of the key usage, with the count of unused ones before them. */
const DIGITAL_SIGNATURE = Buffer.from([7, 0x80]);
const SIGNS_CERTIFICATES = Buffer.from([1, 0x06]);

const oid = (name: keyof typeof OID): Buffer => Buffer.from(OID[name], "hex");

/** One value: tag, length, contents. */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  const size = body.length;
  const head = size < 0x80 ? [tag, size] : size < 0x100 ? [tag, 0x81, size] : [tag, 0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from(head), body]);
}

/** An extension: its name, whether who does not know it must refuse the certificate, its value. */
const extension = (name: keyof typeof OID, isCritical: boolean, value: Buffer): Buffer =>
  der(SEQUENCE, oid(name), ...(isCritical ? [TRUE] : []), der(OCTET_STRING, value));

function nameOf(commonName: string, organizations: readonly string[] = []): Buffer {
  const part = (kind: "commonName" | "organization", text: string): Buffer =>
    der(SET, der(SEQUENCE, oid(kind), der(UTF8_STRING, Buffer.from(text))));
  return der(SEQUENCE, ...organizations.map((text) => part("organization", text)), part("commonName", commonName));
}

/** `20300102030405Z`; a whole second, as DER has it. */
const timeOf = (ms: number): Buffer => der(GENERALIZED_TIME, Buffer.from(new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, "")));

const hostOf = (host: string): Buffer =>
  isIPv4(host) ? der(IP_ADDRESS, Buffer.from(host.split(".").map(Number))) : der(DNS_NAME, Buffer.from(host));

interface Contents {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
  readonly lifetimeMs: number;
}

function certificateOf({ issuer, subject, publicKey, extensions, lifetimeMs }: Contents, signer: KeyObject): string {
  const algorithm = der(SEQUENCE, oid("ecdsaWithSha256"));
  const endsAt = Date.now() + lifetimeMs;
  const serial = Buffer.concat([Buffer.from([0x01]), randomBytes(15)]); // begins with 1: positive, and in its shortest form
  const body = der(
    SEQUENCE,
    der(context(0), der(INTEGER, Buffer.from([2]))), // version 3
    der(INTEGER, serial),
    algorithm,
    issuer,
    der(SEQUENCE, timeOf(Math.min(Date.now(), endsAt) - AN_HOUR_MS), timeOf(endsAt)),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    der(context(3), der(SEQUENCE, ...extensions)),
  );
  const whole = der(SEQUENCE, body, algorithm, der(BIT_STRING, Buffer.from([0]), sign("sha256", body, signer)));
  const lines = whole.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

/** A new EC private key, PEM in the form that Kubernetes reads everywhere (`EC PRIVATE KEY`). */
export function newKey(): { key: string; privateKey: KeyObject } {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { key: privateKey.export({ type: "sec1", format: "pem" }) as string, privateKey };
}

/** A new certificate authority. */
export function createAuthority(commonName: string): Authority {
  const own = newKey();
  const issuer = nameOf(commonName);
  const constraints = extension("basicConstraints", true, der(SEQUENCE, TRUE));
  const certificate = certificateOf(
    {
      issuer,
      subject: issuer,
      publicKey: createPublicKey(own.privateKey),
      extensions: [constraints, extension("keyUsage", true, der(BIT_STRING, SIGNS_CERTIFICATES))],
      lifetimeMs: TEN_YEARS_MS,
    },
    own.privateKey,
  );
  return {
    certificate,
    key: own.key,
    issue({ commonName: name, organizations, hosts, lifetimeMs = TEN_YEARS_MS }) {
      const { key, privateKey } = newKey();
      const extensions = [
        extension("keyUsage", true, der(BIT_STRING, DIGITAL_SIGNATURE)),
        extension("extendedKeyUsage", false, der(SEQUENCE, oid(hosts ? "serverAuth" : "clientAuth"))),
      ];
      if (hosts) extensions.push(extension("subjectAltName", false, der(SEQUENCE, ...hosts.map(hostOf))));
      const subject = nameOf(name, organizations);
      return {
        key,
        certificate: certificateOf({ issuer, subject, publicKey: createPublicKey(privateKey), extensions, lifetimeMs }, own.privateKey),
      };
    },
  };
}
