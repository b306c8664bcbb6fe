// The server as clients meet it: over TLS, with good and bad requests.
import { request as httpsRequest } from "node:https";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { expect } from "chai";
import { silentLog, systemClock } from "../plugins/sdk/index.ts";
import { aTeam } from "../test/builders/team.ts";
import { createAuthority } from "../test/cluster/certificates.ts";
import { type ReviewOutcome, type ServerParts, startServer, type WebhookServer } from "./server.ts";

const authority = createAuthority("test");
const identity = authority.issue({ commonName: "server", hosts: ["127.0.0.1", "localhost"] });
const UID = "0b9c1b9e-6f5e-4b7e-9d3a-0f5f5f5f5f5f";

interface Reply {
  readonly code: number;
  readonly text: string;
  readonly connection: string | undefined;
}

const reviewOf = (object: unknown, request: object = {}): object => ({
  apiVersion: "admission.k8s.io/v1",
  kind: "AdmissionReview",
  request: {
    uid: UID,
    kind: { group: "arkonis.dev", version: "v1alpha1", kind: "ArkTeam" },
    operation: "CREATE",
    namespace: "test",
    name: "it",
    userInfo: { username: "ana" },
    object,
    ...request,
  },
});

describe("the webhook server", () => {
  let server: WebhookServer;
  let port = 0;
  const outcomes: ReviewOutcome[] = [];
  const sockets = new Set<TLSSocket>();

  const start = async (changes: Partial<ServerParts> = {}): Promise<WebhookServer> => {
    const started = await startServer(
      { host: "127.0.0.1", port: 0 },
      {
        certificate: { cert: identity.certificate, key: identity.key },
        objects: { stored: () => undefined, live: async () => null },
        mayApprove: async () => true,
        clock: systemClock,
        log: silentLog,
        rest: async () => (_request, response) => void response.end("rest"),
        onReview: (outcome) => outcomes.push(outcome),
        ...changes,
      },
    );
    port = started.port;
    return started;
  };

  const ask = (
    body: string | Buffer,
    { path = "/admission/validate?timeout=5s", method = "POST", type = "application/json", headers = {} } = {},
  ): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const sent = httpsRequest(
        { host: "127.0.0.1", port, ca: authority.certificate, method, path, headers: { "content-type": type, ...headers }, agent: false },
        (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (chunk) => (text += chunk));
          response.on("end", () => resolve({ code: response.statusCode ?? 0, text, connection: response.headers.connection }));
        },
      );
      sent.on("error", reject);
      sent.end(body);
    });

  /** A connection on which a test writes what it likes. */
  const raw = (): Promise<TLSSocket> =>
    new Promise((resolve, reject) => {
      const socket = connectTls({ host: "127.0.0.1", port: server.port, ca: authority.certificate }, () => resolve(socket));
      socket.on("error", reject);
      sockets.add(socket);
    });
  const ended = (socket: TLSSocket): Promise<string> =>
    new Promise((resolve) => {
      let text = "";
      socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
      socket.removeAllListeners("error").on("error", () => undefined);
      socket.on("close", () => resolve(text));
    });

  beforeEach(async () => {
    outcomes.length = 0;
    server = await start();
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await server.drain(0);
  });

  it("answers a review with its uid", async () => {
    const { code, text } = await ask(JSON.stringify(reviewOf(aTeam().build())));
    expect(code).to.equal(200);
    expect(JSON.parse(text)).to.deep.equal({
      apiVersion: "admission.k8s.io/v1",
      kind: "AdmissionReview",
      response: { uid: UID, allowed: true },
    });
    expect(outcomes.map(({ path, kind, outcome }) => [path, kind, outcome])).to.deep.equal([["/admission/validate", "ArkTeam", "allowed"]]);
  });

  it("refuses with causes", async () => {
    const { text } = await ask(JSON.stringify(reviewOf(aTeam({ entry: "nobody" }).role("lead").build())));
    const { response } = JSON.parse(text) as {
      response: { allowed: boolean; status: { code: number; details: { kind: string; name: string; causes: { field: string }[] } } };
    };
    expect(response.allowed).to.equal(false);
    expect(response.status.code).to.equal(422);
    expect(response.status.details).to.include({ kind: "ArkTeam", name: "it" });
    expect(response.status.details.causes.map((cause) => cause.field)).to.deep.equal(["spec.entry"]);
  });

  it("stamps a run by a patch", async () => {
    const object = { apiVersion: "arkonis.dev/v1alpha1", kind: "ArkRun", metadata: { name: "r" }, spec: { teamRef: "t" } };
    const { text } = await ask(JSON.stringify(reviewOf(object, { kind: { group: "arkonis.dev", version: "v1alpha1", kind: "ArkRun" } })), {
      path: "/admission/stamp",
    });
    const { response } = JSON.parse(text) as { response: { allowed: boolean; patchType: string; patch: string } };
    expect(response).to.include({ allowed: true, patchType: "JSONPatch" });
    expect(JSON.parse(Buffer.from(response.patch, "base64").toString())).to.deep.equal([
      { op: "add", path: "/metadata/annotations", value: { "arkonis.dev/created-by": "ana" } },
    ]);
  });

  for (const [what, [body, options, code]] of Object.entries({
    "no body": ["", {}, 400],
    "no JSON": ["{", {}, 400],
    "JSON that is no review": ["[]", {}, 400],
    "another kind": [JSON.stringify({ apiVersion: "v1", kind: "Pod" }), {}, 400],
    "a review without a uid": [JSON.stringify(reviewOf({}, { uid: "" })), {}, 400],
    "bytes that are no text": [Buffer.from([0x22, 0xff, 0xfe, 0x22]), {}, 400],
    "another content type": ["{}", { type: "text/plain" }, 415],
    "no POST": ["", { method: "GET" }, 405],
    "a body beyond 7 MiB": [Buffer.alloc(7 * 1024 * 1024 + 1, 0x20), {}, 413],
  } satisfies Record<string, [string | Buffer, Parameters<typeof ask>[1], number]>)) {
    it(`answers ${code} to ${what}`, async () => {
      expect((await ask(body, options)).code).to.equal(code);
    });
  }

  it("takes 7 MiB", async () => {
    const body = Buffer.alloc(7 * 1024 * 1024, 0x20);
    body.write(JSON.stringify(reviewOf(aTeam().build())));
    expect((await ask(body)).code).to.equal(200);
  });

  it("is as ready as before after each of them, on the same connection too", async () => {
    const socket = await raw();
    const bad = "x";
    const good = JSON.stringify(reviewOf(aTeam().build()));
    const http = (body: string): string =>
      `POST /admission/validate HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    socket.write(http(bad) + http(good));
    const text = await new Promise<string>((resolve) => {
      let seen = "";
      socket.on("data", (chunk: Buffer) => {
        seen += chunk.toString();
        if (seen.includes('"allowed"')) resolve(seen);
      });
    });
    expect(text).to.match(/^HTTP\/1\.1 400 [\s\S]*HTTP\/1\.1 200 [\s\S]*"allowed":true/);
  });

  it("hands everything else on", async () => {
    expect((await ask("", { path: "/healthz", method: "GET" })).text).to.equal("rest");
  });

  it("never allows on a fault of its own", async () => {
    await server.drain(0);
    server = await start({ mayApprove: () => Promise.reject(new Error("secret trouble")) });
    const object = {
      apiVersion: "arkonis.dev/v1alpha1",
      kind: "ArkRun",
      metadata: { name: "r" },
      spec: { agent: "a", prompt: "p", approvals: [{ step: "s", decision: "approve" }] },
    };
    const { code, text } = await ask(
      JSON.stringify(reviewOf(object, { kind: { group: "arkonis.dev", version: "v1alpha1", kind: "ArkRun" } })),
    );
    expect(code).to.equal(200);
    expect(JSON.parse(text)).to.have.nested.property("response.allowed", false);
    expect(JSON.parse(text)).to.have.nested.property("response.status.code", 500);
    expect(text).not.to.contain("secret trouble");
  });

  it("cuts a body that does not come, within the deadline that the API server gives", async () => {
    const socket = await raw();
    const over = ended(socket);
    const startedMs = performance.now();
    socket.write(
      "POST /admission/validate?timeout=1s HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{",
    );
    expect(await over).to.match(/^HTTP\/1\.1 408 /);
    expect(performance.now() - startedMs).to.be.within(900, 3_000);
  });

  it("cuts a connection on which nothing happens", async () => {
    await server.drain(0);
    server = await start({ limits: { idleMs: 300 } });
    const socket = await raw();
    expect(await ended(socket)).to.equal("");
  });

  it("answers 500 reviews that come at once", async () => {
    const body = JSON.stringify(reviewOf(aTeam().build()));
    const replies = await Promise.all(Array.from({ length: 500 }, () => ask(body)));
    expect(new Set(replies.map((reply) => reply.code))).to.deep.equal(new Set([200]));
  });

  it("drains: what is asked is answered, new connections are refused", async () => {
    let finish: (allowed: boolean) => void = () => undefined;
    await server.drain(0);
    server = await start({ mayApprove: () => new Promise((resolve) => (finish = resolve)) });
    const object = {
      apiVersion: "arkonis.dev/v1alpha1",
      kind: "ArkRun",
      metadata: { name: "r" },
      spec: { agent: "a", prompt: "p", approvals: [{ step: "s", decision: "approve" }] },
    };
    const asked = ask(JSON.stringify(reviewOf(object, { kind: { group: "arkonis.dev", version: "v1alpha1", kind: "ArkRun" } })));
    await eventuallyTrue(() => finish.length > 0);
    const drained = server.drain(5_000);
    finish(true);
    expect((await asked).code).to.equal(200);
    await drained;
    const refused = await ask("{}").catch((error: NodeJS.ErrnoException) => error.code);
    expect(refused).to.equal("ECONNREFUSED");
  });

  it("gives new connections a new certificate, and leaves open ones alone", async () => {
    const other = authority.issue({ commonName: "second", hosts: ["127.0.0.1"] });
    const before = await raw();
    server.use({ cert: other.certificate, key: other.key });
    const after = await raw();
    expect(before.getPeerCertificate().subject.CN).to.equal("server");
    expect(after.getPeerCertificate().subject.CN).to.equal("second");
    before.write("GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    expect(await ended(before)).to.contain("rest");
  });

  it("speaks no TLS older than 1.2", async () => {
    const failed = await new Promise<boolean>((resolve) => {
      const socket = connectTls(
        {
          host: "127.0.0.1",
          port: server.port,
          ca: authority.certificate,
          maxVersion: "TLSv1.1",
          minVersion: "TLSv1",
          ciphers: "DEFAULT@SECLEVEL=0",
        },
        () => resolve(false),
      );
      socket.on("error", () => resolve(true));
      sockets.add(socket);
    });
    expect(failed).to.equal(true);
  });
});

async function eventuallyTrue(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setImmediate(resolve));
}
