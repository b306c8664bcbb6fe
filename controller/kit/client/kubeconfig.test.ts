import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { systemClock } from "../../../plugins/sdk/index.ts";
import type { ClusterAccess } from "./access.ts";
import { type AccessRequest, findAccess } from "./accessOf.ts";
import { chooseContext, KubeconfigError, mergeKubeconfigs } from "./kubeconfig.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe("kubeconfig files", () => {
  const first = `
current-context: ""
clusters: [{name: a, cluster: {server: "https://first:6443"}}]
users: [{name: u, user: {token: first}}]
contexts: [{name: x, context: {cluster: a, user: u, namespace: team}}]
`;
  const second = `
current-context: why
clusters: [{name: a, cluster: {server: "https://second:6443"}}, {name: b, cluster: {server: "https://b"}}]
contexts: [{name: why, context: {cluster: b, user: u}}, {name: broken, context: {cluster: nowhere}}]
`;
  const merged = mergeKubeconfigs([
    { file: "/one/config", text: first },
    { file: "/two/config", text: second },
  ]);

  it("are merged: whoever has a name first keeps it, the first current context counts", () => {
    expect(merged.currentContext).to.equal("why");
    expect(merged.clusters.get("a")).to.deep.equal({ fields: { server: "https://first:6443" }, folder: "/one" });
    expect([...merged.contexts.keys()]).to.deep.equal(["x", "why", "broken"]);
  });

  it("give the current context, or the one that is asked for", () => {
    expect(chooseContext(merged)).to.deep.include({ name: "why", namespace: "default" });
    expect(chooseContext(merged, { context: "x" })).to.deep.include({ name: "x", namespace: "team" });
    const mixed = chooseContext(merged, { context: "x", cluster: "b", namespace: "other" });
    expect([mixed?.cluster.fields["server"], mixed?.user.fields["token"], mixed?.namespace]).to.deep.equal(["https://b", "first", "other"]);
  });

  it("name none when no context is current", () => {
    expect(chooseContext(mergeKubeconfigs([]))).to.equal(undefined);
    expect(chooseContext(mergeKubeconfigs([{ file: "f", text: "" }]))).to.equal(undefined);
  });

  it("cannot be made to answer with what every JavaScript object has", () => {
    expect(() => chooseContext(merged, { context: "constructor" })).to.throw(KubeconfigError, "there is no context");
    const own = mergeKubeconfigs([
      { file: "f", text: '{"contexts":[{"name":"__proto__","context":{"cluster":"c"}}],"clusters":[{"name":"c"}]}' },
    ]);
    expect(chooseContext(own, { context: "__proto__" })?.name).to.equal("__proto__");
  });

  const faults: Record<string, { work: () => unknown; want: string }> = {
    "a context that is not there": {
      work: () => chooseContext(merged, { context: "z" }),
      want: '/one/config, /two/config: there is no context "z"; there is "x", "why", "broken"',
    },
    "a context whose cluster is not there": {
      work: () => chooseContext(merged, { context: "broken" }),
      want: '/one/config, /two/config: there is no cluster "nowhere"; there is "a", "b"',
    },
    "text that is no YAML": { work: () => mergeKubeconfigs([{ file: "f", text: "a: [" }]), want: "f:1:" },
  };
  for (const [sentence, { work, want }] of Object.entries(faults)) {
    it(`are refused with words that help: ${sentence}`, () => {
      expect(work).to.throw(KubeconfigError, want);
    });
  }
});

describe("the cluster to talk to", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "kubeconfig-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const find = (request: AccessRequest, env: Record<string, string> = {}): Promise<ClusterAccess> =>
    findAccess(request, {
      env,
      home: folder,
      clock: systemClock,
      interactive: false,
      onPluginOutput: () => undefined,
      serviceAccountFolder: path.join(folder, "pod"),
    });
  const write = (name: string, content: unknown): string => {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    return file;
  };
  const aConfig = (user: object, cluster: object = {}): object => ({
    clusters: [{ name: "c", cluster: { server: "https://host:6443", ...cluster } }],
    users: [{ name: "u", user }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  });
  const faultOf = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(KubeconfigError);
    return (error as Error).message;
  };

  it("is that of the flag, else of KUBECONFIG, else of the home folder, else the pod's", async () => {
    write("pod/ca.crt", "CA");
    write("pod/namespace", "ns\n");
    write("pod/token", "t\n");
    const pod = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "443" };
    const inPod = await find({}, pod);
    expect(inPod).to.deep.include({ server: "https://[fd00::1]:443", ca: "CA", namespace: "ns" });
    expect(await inPod.credentials.current()).to.deep.equal({ authorization: "Bearer t" });

    write(".kube/config", aConfig({}, { server: "https://home" }));
    expect((await find({}, pod)).server).to.equal("https://home");
    const listed = write("listed", aConfig({}, { server: "https://listed/prefix/" }));
    const env = { KUBECONFIG: `${folder}/missing:${listed}` };
    expect((await find({}, env)).server).to.equal("https://listed/prefix");
    expect((await find({ kubeconfig: write("flag", aConfig({}, { server: "https://flag" })) }, env)).server).to.equal("https://flag");
  });

  it("is known by files beside the kubeconfig or by data, which goes first", async () => {
    write("tls/ca.crt", "CA FILE");
    const cluster = { "certificate-authority": "tls/ca.crt", "tls-server-name": "name" };
    const access = await find({ kubeconfig: write("config", aConfig({}, cluster)) });
    expect(access).to.deep.include({ ca: "CA FILE", tlsServerName: "name", insecureSkipTlsVerify: false });
    const both = { ...cluster, "certificate-authority-data": base64("CA DATA") };
    expect((await find({ kubeconfig: write("config", aConfig({}, both)) })).ca).to.equal("CA DATA");
  });

  const users: Record<string, { user: object; want: object }> = {
    "a token": { user: { token: "t" }, want: { authorization: "Bearer t" } },
    "a token file, which goes before a token": { user: { token: "t", tokenFile: "token" }, want: { authorization: "Bearer from-file" } },
    "a name and a password": { user: { username: "u", password: "p:q" }, want: { authorization: `Basic ${base64("u:p:q")}` } },
    "a name and a password that YAML takes for a number": {
      user: { username: "u", password: 123 },
      want: { authorization: `Basic ${base64("u:123")}` },
    },
    "a certificate": {
      user: { "client-certificate-data": base64("CRT"), "client-key": "key" },
      want: { certificate: { cert: "CRT", key: "KEY" } },
    },
    "a certificate and a token": {
      user: { "client-certificate-data": base64("CRT"), "client-key": "key", token: "t" },
      want: { certificate: { cert: "CRT", key: "KEY" }, authorization: "Bearer t" },
    },
    nobody: { user: {}, want: {} },
  };
  for (const [sentence, { user, want }] of Object.entries(users)) {
    it(`is met as ${sentence}`, async () => {
      write("token", "from-file\n");
      write("key", "KEY");
      const { credentials } = await find({ kubeconfig: write("config", aConfig(user)) });
      expect(await credentials.current()).to.deep.equal(want);
    });
  }

  it("is met as somebody else, when the file or the user wants it", async () => {
    const user = { token: "t", as: "joe", "as-groups": ["a"], "as-uid": "1", "as-user-extra": { Scope: ["x", "why"] } };
    const kubeconfig = write("config", aConfig(user));
    expect((await find({ kubeconfig })).headers).to.deep.equal({
      "impersonate-user": "joe",
      "impersonate-group": ["a"],
      "impersonate-uid": "1",
      "impersonate-extra-scope": ["x", "why"],
    });
    expect((await find({ kubeconfig, as: "ann" })).headers).to.deep.equal({ "impersonate-user": "ann" });
  });

  const faults: Record<string, { config?: object; request?: AccessRequest; want: RegExp }> = {
    "there is none": { want: /^no cluster to talk to: .*\.kube\/config names none; set KUBECONFIG/ },
    "the flag's file is not there": {
      request: { kubeconfig: "/nonexistent/config" },
      want: /cannot read the kubeconfig \/nonexistent\/config \(ENOENT\)/,
    },
    "its server is no URL": { config: aConfig({}, { server: "host:6443" }), want: /server "host:6443" is no http\(s\) URL/ },
    "its authority is not there": {
      config: aConfig({}, { "certificate-authority": "ca.crt" }),
      want: /cannot read certificate-authority .*\/ca\.crt/,
    },
    "it has an authority and trusts everybody": {
      config: aConfig({}, { "certificate-authority-data": base64("x"), "insecure-skip-tls-verify": true }),
      want: /remove one of them/,
    },
    "its user has a certificate without its key": { config: aConfig({ "client-certificate-data": base64("x") }), want: /both are needed/ },
    "its user has an auth-provider": {
      config: aConfig({ "auth-provider": { name: "gcp" } }),
      want: /auth-provider "gcp", which .* exec plugin/,
    },
    "its user's plugin speaks another version": {
      config: aConfig({ exec: { command: "x", apiVersion: "client.authentication.k8s.io/v1alpha1" } }),
      want: /exec\.apiVersion "client\.authentication\.k8s\.io\/v1alpha1" is not/,
    },
  };
  for (const [sentence, { config, request, want }] of Object.entries(faults)) {
    it(`is not found when ${sentence}`, async () => {
      expect(await faultOf(find(config ? { kubeconfig: write("config", config) } : (request ?? {})))).to.match(want);
    });
  }
});
