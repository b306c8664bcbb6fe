// Reviews as nobody should send them, over real TLS: an answer with the same uid for whatever parses, a status for the rest, and the server
// as ready as before.
import { readFileSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { expect } from "chai";
import { silentLog, systemClock } from "../plugins/sdk/index.ts";
import { startServer, VerdictCache, type WebhookServer } from "../webhook/index.ts";
import { createAuthority } from "./cluster/certificates.ts";

interface Input {
  /** Fields of a request, laid over one of a right creation. */
  readonly review?: Record<string, unknown>;
  readonly apiVersion?: string;
  readonly body?: unknown;
  readonly text?: unknown;
  readonly base64?: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, unknown>;
  readonly chunked?: boolean;
  readonly padTo?: number;
}

interface Case {
  readonly name: string;
  readonly input: Input;
  readonly expected: { readonly code: number; readonly allowed?: boolean; readonly fields?: readonly string[] };
}

const CASES = JSON.parse(readFileSync(join(import.meta.dirname, "corpus/admission/reviews.json"), "utf8")) as Case[];
const UID = "u-1";
/** What no object may have got after all this. */
const POLLUTABLE = ["polluted", "x", "uid", "allowed", "spec", "kind", "metadata", "name", "a", "length2"];

/** `{$repeat}`, `{$steps}`, `{$keys}` and `{$deep}` written out: a corpus of megabytes is nobody's to read. */
function writtenOut(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(writtenOut);
  const { $repeat, $steps, $keys } = value as { $repeat?: [string, number]; $steps?: [number, string]; $keys?: number };
  if ($repeat) return $repeat[0].repeat($repeat[1]);
  if ($keys) return Object.fromEntries(Array.from({ length: $keys }, (_, i) => [`k${i}`, "v"]));
  if ($steps) {
    const [count, shape] = $steps;
    return Array.from({ length: count }, (_, i) => ({
      name: `s${i}`,
      role: "r",
      dependsOn: i > 0 ? [`s${i - 1}`] : shape === "ring" ? [`s${count - 1}`] : [],
    }));
  }
  // Not Object.fromEntries into a literal: `__proto__` has to stay a key.
  const copy = Object.create(null) as Record<string, unknown>;
  for (const [key, entry] of Object.entries(value)) copy[key] = writtenOut(entry);
  return copy;
}

/** JSON of what is nested too deep to be written by JSON.stringify. */
function jsonOf(value: unknown): string {
  const deep = /\{"\$deep":(\d+)\}/;
  return JSON.stringify(value).replace(deep, (_, depth: string) => `${'{"a":'.repeat(Number(depth))}1${"}".repeat(Number(depth))}`);
}

function bodyOf(input: Input): Buffer {
  if (input.base64 !== undefined) return Buffer.from(input.base64, "base64");
  if (input.text !== undefined) return Buffer.from(String(writtenOut(input.text)));
  const review = {
    apiVersion: input.apiVersion ?? "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: UID,
      operation: "CREATE",
      namespace: "test",
      name: "it",
      userInfo: { username: "ana" },
      ...(writtenOut(input.review) as object),
    },
  };
  const text = jsonOf(input.body ?? review);
  return Buffer.from(input.padTo === undefined ? text : text + " ".repeat(input.padTo - Buffer.byteLength(text)));
}

describe("the corpus of admission reviews", () => {
  const authority = createAuthority("test");
  const identity = authority.issue({ commonName: "server", hosts: ["127.0.0.1"] });
  let server: WebhookServer;

  before(async () => {
    server = await startServer(
      { host: "127.0.0.1", port: 0 },
      {
        certificate: { cert: identity.certificate, key: identity.key },
        objects: { stored: () => undefined, live: async () => null },
        answers: new VerdictCache(),
        mayApprove: async () => true,
        clock: systemClock,
        log: silentLog,
        rest: async () => (_request, response) => {
          response.statusCode = 404;
          response.end();
        },
      },
    );
  });
  after(() => server.drain(0));

  const ask = (input: Input): Promise<{ code: number; text: string }> =>
    new Promise((resolve, reject) => {
      const body = bodyOf(input);
      const headers: Record<string, string | number> = { "content-type": "application/json" };
      for (const [name, value] of Object.entries(input.headers ?? {})) headers[name] = String(writtenOut(value));
      if (headers["content-type"] === "") delete headers["content-type"];
      if (!input.chunked) headers["content-length"] = body.length;
      const sent = httpsRequest(
        {
          host: "127.0.0.1",
          port: server.port,
          ca: authority.certificate,
          agent: false,
          method: input.method ?? "POST",
          path: input.path ?? "/admission/validate?timeout=5s",
          headers,
        },
        (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
          response.on("end", () => resolve({ code: response.statusCode ?? 0, text }));
        },
      );
      sent.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code !== "EPIPE" && error.code !== "ECONNRESET") reject(error); // refused before it had read all: the answer is on its way
      });
      if (input.chunked) for (let at = 0; at < body.length; at += 65_536) sent.write(body.subarray(at, at + 65_536));
      else if (body.length > 0) sent.write(body);
      sent.end();
    });

  it("has at least 300 cases, each with an expected outcome", () => {
    expect(CASES.length).to.be.at.least(300);
    expect(new Set(CASES.map((one) => one.name)).size).to.equal(CASES.length);
    for (const { name, expected } of CASES) expect(expected.code, name).to.be.a("number");
  });

  for (const { name, input, expected } of CASES) {
    it(name, async () => {
      const { code, text } = await ask(input);
      expect(code, text.slice(0, 300)).to.equal(expected.code);
      if (code !== 200) {
        expect(text).not.to.match(/allowed|at .*\.ts|node:/);
        return;
      }
      const { kind, response } = JSON.parse(text) as {
        kind: string;
        response: { uid: string; allowed: boolean; status?: { code: number; details?: { causes?: { field: string; message: string }[] } } };
      };
      expect(kind).to.equal("AdmissionReview");
      expect(response.uid).to.equal(UID);
      expect(response.allowed).to.be.a("boolean");
      if (!response.allowed) expect(response.status?.code, "a fault of the object is none of the server's").to.equal(422);
      if (expected.allowed !== undefined) expect(response.allowed, text.slice(0, 500)).to.equal(expected.allowed);
      const causes = response.status?.details?.causes ?? [];
      if (!response.allowed) expect(causes).not.to.deep.equal([]);
      for (const field of expected.fields ?? [])
        expect(causes.map((cause) => cause.field)).to.satisfy(
          (fields: string[]) => fields.some((one) => one === field || one.startsWith(`${field}[`) || one.startsWith(`${field}.`)),
          text.slice(0, 500),
        );
      for (const one of POLLUTABLE) expect(({} as Record<string, unknown>)[one]).to.equal(undefined);
    });
  }

  it("TLS rubbish, plain HTTP and half-open connections harm nobody", async () => {
    const { connect } = await import("node:net");
    for (const bytes of ["GET / HTTP/1.1\r\n\r\n", "\u0016\u0003\u0001rubbish", ""]) {
      await new Promise<void>((resolve) => {
        const socket = connect(server.port, "127.0.0.1", () => socket.end(bytes));
        socket
          .on("close", () => resolve())
          .on("error", () => resolve())
          .resume();
      });
    }
    const half = connectTls({ host: "127.0.0.1", port: server.port, ca: authority.certificate });
    await new Promise((resolve) => half.once("secureConnect", resolve));
    half.destroy();
    expect((await ask(CASES[0]?.input ?? {})).code).to.equal(200);
  });
});
