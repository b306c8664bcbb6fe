import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from "undici";
import { systemClock } from "../../../plugins/sdk/index.ts";
import { createAuthority } from "../../../test/cluster/index.ts";
import { findAccess } from "./accessOf.ts";
import { KubeconfigError } from "./kubeconfig.ts";
import { type OidcLogin, oidcCredentials } from "./oidcCredentials.ts";

const REFRESH = "refresh-token-of-jane";

describe("a login at an OpenID provider", function () {
  this.timeout(30_000); // the first to need it loads the library
  const authority = createAuthority("provider");
  const asked: URLSearchParams[] = [];
  const systems = getGlobalDispatcher();
  let provider: Server;
  let issuer = "";
  let answer: { status?: number; changes?: Record<string, unknown> } = {};
  let n = 0;

  const aToken = (claims: object): string =>
    [{ alg: "RS256" }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .concat("c2ln")
      .join(".");
  const secondsFromNow = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;
  const bearerOf = (token: string): object => ({ authorization: `Bearer ${token}` });

  before(async () => {
    const { certificate: cert, key } = authority.issue({ commonName: "localhost", hosts: ["localhost", "127.0.0.1"] });
    provider = createServer({ cert, key }, (request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (piece: string) => (body += piece));
      request.on("end", () => {
        response.setHeader("content-type", "application/json");
        if (request.method === "GET") return response.end(JSON.stringify({ issuer, token_endpoint: `${issuer}/token` }));
        asked.push(new URLSearchParams(body));
        n += 1;
        const claims = { iss: issuer, aud: "ark", sub: "jane", iat: secondsFromNow(0), exp: secondsFromNow(3_600), n };
        const tokens = {
          access_token: "a",
          token_type: "bearer",
          id_token: aToken(claims),
          refresh_token: `${REFRESH}-${n}`,
          expires_in: 3_600,
        };
        response.statusCode = answer.status ?? 200;
        return response.end(
          JSON.stringify(answer.status ? { error: "invalid_grant", error_description: `no ${REFRESH}` } : { ...tokens, ...answer.changes }),
        );
      });
    });
    await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
    setGlobalDispatcher(new Agent({ connect: { ca: authority.certificate } })); // as if the system trusted it
    issuer = `https://localhost:${(provider.address() as AddressInfo).port}`;
  });
  after(() => {
    setGlobalDispatcher(systems);
    provider.closeAllConnections();
    provider.close();
  });
  beforeEach(() => {
    asked.length = 0;
    answer = {};
  });

  const aLogin = (change: Partial<OidcLogin> = {}): OidcLogin => ({
    idToken: aToken({ exp: secondsFromNow(-1) }),
    refreshToken: REFRESH,
    issuer,
    clientId: "ark",
    hasOwnAuthority: false,
    origin: 'context "x" of f',
    ...change,
  });
  const failureOf = async (login: OidcLogin): Promise<string> => {
    const error = await oidcCredentials(login, systemClock)
      .current()
      .catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(KubeconfigError);
    return (error as Error).message;
  };

  it("is its token while that lives, and nobody is asked", async () => {
    const idToken = aToken({ exp: secondsFromNow(3_600) });
    const source = oidcCredentials(aLogin({ idToken }), systemClock, { certificate: { cert: "C", key: "K" } });
    expect(await source.current()).to.deep.equal({ ...bearerOf(idToken), certificate: { cert: "C", key: "K" } });
    expect(asked).to.deep.equal([]);
  });

  it("is renewed once for all who ask when its token has ended, and then kept", async () => {
    const source = oidcCredentials(aLogin(), systemClock);
    const [one, other] = await Promise.all([source.current(), source.current()]);
    expect([one, await source.current()]).to.deep.equal([other, one]);
    expect(asked.map((form) => [form.get("grant_type"), form.get("refresh_token"), form.get("client_id")])).to.deep.equal([
      ["refresh_token", REFRESH, "ark"],
    ]);
  });

  it("is renewed when its token is refused, with the refresh token that came last", async () => {
    const source = oidcCredentials(aLogin({ idToken: aToken({ exp: secondsFromNow(3_600) }) }), systemClock);
    for (let i = 0; i < 2; i++) expect(source.renew(await source.current())).to.equal(true);
    await source.current();
    expect(asked.map((form) => form.get("refresh_token"))).to.deep.equal([REFRESH, `${REFRESH}-${n - 1}`]);
  });

  it("keeps its refresh token when it gets no other", async () => {
    answer = { changes: { refresh_token: undefined } };
    const source = oidcCredentials(aLogin(), systemClock);
    source.renew(await source.current());
    await source.current();
    expect(asked.map((form) => form.get("refresh_token"))).to.deep.equal([REFRESH, REFRESH]);
  });

  it("cannot be renewed without a refresh token: a refusal is then the API server's", async () => {
    const source = oidcCredentials(aLogin({ idToken: aToken({ exp: secondsFromNow(3_600) }), refreshToken: "" }), systemClock);
    expect(source.renew(await source.current())).to.equal(false);
  });

  it("that is over says so, and how to log in", async () => {
    const want =
      /^context "x" of f: its user's login \(auth-provider oidc\) has ended and cannot be renewed: it takes .*; run kubectl once, which renews it, or use an exec plugin/;
    expect(await failureOf(aLogin({ refreshToken: "" }))).to.match(want);
    expect(await failureOf(aLogin({ refreshToken: "", idToken: "junk" }))).to.match(want);
  });

  it("that the provider refuses to renew says so, without the token", async () => {
    answer = { status: 400 };
    const message = await failureOf(aLogin());
    expect(message).to.contain(`${issuer} did not renew its user's login (`);
    expect(message).to.not.contain(REFRESH);
  });

  it("is not renewed by a provider that nobody vouches for", async () => {
    const trusting = getGlobalDispatcher();
    setGlobalDispatcher(systems);
    try {
      expect(await failureOf(aLogin())).to.contain("did not renew");
      expect(asked).to.deep.equal([]);
    } finally {
      setGlobalDispatcher(trusting);
    }
  });

  it("at a provider with an authority of its own is used while it lives, and then says what to do", async () => {
    const login = aLogin({ hasOwnAuthority: true });
    expect(await failureOf(login)).to.match(/its provider has an authority of its own .*; run kubectl once/);
    const source = oidcCredentials({ ...login, idToken: aToken({ exp: secondsFromNow(3_600) }) }, systemClock);
    expect(source.renew(await source.current())).to.equal(false);
  });

  it("is not renewed by an answer without a token", async () => {
    answer = { changes: { id_token: undefined } };
    expect(await failureOf(aLogin())).to.contain("did not renew");
  });

  it("is found in a kubeconfig", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "oidc-"));
    try {
      const config = {
        "id-token": aToken({ exp: 1 }),
        "refresh-token": REFRESH,
        "idp-issuer-url": issuer,
        "client-id": "ark",
      };
      const kubeconfig = path.join(folder, "config");
      writeFileSync(
        kubeconfig,
        JSON.stringify({
          clusters: [{ name: "c", cluster: { server: "https://host:6443" } }],
          users: [{ name: "u", user: { "auth-provider": { name: "oidc", config } } }],
          contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
          "current-context": "x",
        }),
      );
      const access = await findAccess(
        { kubeconfig },
        { env: {}, home: folder, clock: systemClock, interactive: false, onPluginOutput: () => undefined },
      );
      expect((await access.credentials.current()).authorization).to.match(/^Bearer ey/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
