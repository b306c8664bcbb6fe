import { expect } from "chai";
import { systemClock } from "../../../plugins/sdk/index.ts";
import { type ExecPlugin, execCredentials } from "./execCredentials.ts";

describe("a credential plugin", () => {
  let nowMs = Date.parse("2026-01-01T00:00:00Z");
  const told: string[] = [];
  const parts = {
    env: { PATH: process.env["PATH"] },
    clock: { ...systemClock, now: () => nowMs },
    interactive: false,
    onPluginOutput: (text: string) => told.push(text),
  };
  const aPlugin = (script: string, change: Partial<ExecPlugin> = {}): ExecPlugin => ({
    apiVersion: "client.authentication.k8s.io/v1",
    command: "sh",
    args: ["-c", script],
    env: {},
    installHint: "",
    interactiveMode: "IfAvailable",
    cluster: undefined,
    folder: "/",
    ...change,
  });
  const credential = (status: string): string =>
    `{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":${status}}`;
  const prints = (status: string): ExecPlugin => aPlugin(`cat <<'END'\n${credential(status)}\nEND\n`);

  it("is asked again once its token is about to end, and not before", async () => {
    // Its token is its process id: a new one is a new run.
    const plugin = aPlugin(`echo '${credential('{"token":"\'$$\'","expirationTimestamp":"2026-01-01T01:00:00Z"}')}'`);
    const source = execCredentials(plugin, parts);
    const first = await source.current();
    nowMs += 58 * 60_000;
    expect(await source.current()).to.equal(first);
    nowMs += 61_000;
    expect(await source.current()).to.not.deep.equal(first);
  });

  it("is told who asks, by its environment", async () => {
    const plugin = aPlugin(`[ "$A" = b ] && echo '${credential('{"token":"\'$(echo $KUBERNETES_EXEC_INFO | base64 -w0)\'"}')}'`, {
      env: { A: "b" },
    });
    const { authorization = "" } = await execCredentials(plugin, parts).current();
    expect(JSON.parse(Buffer.from(authorization.replace("Bearer ", ""), "base64").toString())).to.deep.equal({
      kind: "ExecCredential",
      apiVersion: "client.authentication.k8s.io/v1",
      spec: { interactive: false },
    });
  });

  it("may give up one who asks without giving up the others", async () => {
    const source = execCredentials(aPlugin(`sleep 0.1; echo '${credential('{"token":"t"}')}'`), parts);
    const abort = new AbortController();
    const [given, kept] = [source.current(abort.signal).catch((error: unknown) => error), source.current()];
    abort.abort(new Error("enough"));
    expect(((await given) as Error).message).to.equal("enough");
    expect(await kept).to.deep.equal({ authorization: "Bearer t" });
  });

  it("keeps what the kubeconfig says beside it", async () => {
    const certificate = { cert: "C", key: "K" };
    expect(await execCredentials(prints('{"token":"t"}'), parts, { certificate }).current()).to.deep.equal({
      certificate,
      authorization: "Bearer t",
    });
  });

  const faults: Record<string, { plugin: ExecPlugin; want: string }> = {
    "is not there": {
      plugin: aPlugin("", { command: "no-such-plugin", installHint: "Get it from example.com" }),
      want: 'the credential plugin "no-such-plugin" cannot be run (spawn no-such-plugin ENOENT)\nGet it from example.com',
    },
    fails: { plugin: aPlugin("echo who are you >&2; exit 7"), want: 'the credential plugin "sh" ended with exit code 7: who are you' },
    "prints no JSON": { plugin: aPlugin("echo secret"), want: 'the credential plugin "sh" printed no JSON object' },
    "prints another kind": {
      plugin: aPlugin("echo '{}'"),
      want: 'the credential plugin "sh" printed no ExecCredential of client.authentication.k8s.io/v1',
    },
    "prints nothing to use": { plugin: prints("{}"), want: 'the credential plugin "sh" printed neither a token nor a certificate' },
    "prints half a certificate": {
      plugin: prints('{"clientKeyData":"k"}'),
      want: 'the credential plugin "sh" printed a certificate without its key, or a key without its certificate',
    },
    "prints no time": {
      plugin: prints('{"token":"t","expirationTimestamp":"soon"}'),
      want: 'the credential plugin "sh" printed an expirationTimestamp that is no time',
    },
    "wants to ask, where nobody is": {
      plugin: aPlugin("", { interactiveMode: "Always" }),
      want: 'the credential plugin "sh" wants to ask you something; run this in a terminal',
    },
    "prints without end": { plugin: aPlugin("yes; exit 1"), want: 'the credential plugin "sh" printed more than 1048576 bytes' },
  };
  for (const [sentence, { plugin, want }] of Object.entries(faults)) {
    it(`that ${sentence} is named`, async () => {
      const error = await execCredentials(plugin, parts)
        .current()
        .catch((caught: unknown) => caught);
      expect((error as Error).message).to.equal(want);
    });
  }
});
