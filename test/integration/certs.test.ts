// webhook/certs on a real API server: two replicas, each with an HTTPS server that the API server calls, and a client beside it that
// trusts exactly what the configuration says at that moment. Certificates live 8 s, authorities 24 s.
import { randomBytes, X509Certificate } from "node:crypto";
import { createServer, request, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import {
  connect,
  isNotFound,
  KUBERNETES,
  type KubeClient,
  type KubeConnection,
  type RawObject,
  type Resource,
} from "../../controller/kit/client/index.ts";
import { silentLog, systemClock } from "../../plugins/sdk/index.ts";
import { type CertificateKeeper, keepCertificate } from "../../webhook/certs/index.ts";
import { useCluster } from "../cluster/shared.ts";

const { configMaps, secrets } = KUBERNETES;
const configurationsOf = (kind: string): Resource => ({
  group: "admissionregistration.k8s.io",
  version: "v1",
  plural: `${kind.toLowerCase()}webhookconfigurations`,
  kind: `${kind}WebhookConfiguration`,
  namespaced: false,
});
const CONFIGURATIONS = [configurationsOf("Validating"), configurationsOf("Mutating")];
const LIFETIMES = { certLifetimeMs: 8_000, renewBeforeMs: 4_000, caLifetimeMs: 24_000 };
const LONG = { certLifetimeMs: 3_600_000, renewBeforeMs: 4_000, caLifetimeMs: 36_000_000 };
const SECRET = "ark-webhook-certs";
const CALLS_EACH_MS = 20;

interface Replica {
  readonly keeper: CertificateKeeper;
  readonly port: number;
  stop(): Promise<void>;
}

describe("the server's own certificate on a real API server (B21, P18, F9)", function () {
  this.timeout(120_000);
  const cluster = useCluster();
  const replicas: Replica[] = [];
  let connection: KubeConnection;
  let client: KubeClient;
  let [namespace, name] = ["", ""];

  before(async () => {
    connection = await connect(
      {},
      {
        env: { KUBECONFIG: cluster().kubeconfig },
        home: "/nonexistent",
        clock: systemClock,
        random: Math.random,
        interactive: false,
        onPluginOutput: () => undefined,
        userAgent: "kubectl-ark/test",
      },
    );
    client = connection.client;
  });
  beforeEach(async () => {
    namespace = await cluster().namespace();
    name = `certs-${randomBytes(4).toString("hex")}`;
  });
  afterEach(async () => {
    await Promise.all(replicas.splice(0).map((replica) => replica.stop()));
    for (const resource of CONFIGURATIONS)
      await client.delete(resource, { name }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  });
  after(() => connection.close());

  /** A server that allows everything, with a certificate that is kept. */
  const startReplica = async (lifetimes = LIFETIMES): Promise<Replica> => {
    const late: { server?: Server } = {};
    const keeper = await keepCertificate({
      client,
      clock: systemClock,
      random: Math.random,
      log: silentLog,
      namespace,
      secret: SECRET,
      configurations: name,
      hosts: ["127.0.0.1", "ark-server.test.svc"],
      onCertificate: ({ cert, key }) => late.server?.setSecureContext({ cert, key }),
      lifetimes,
    });
    const listening = createServer(keeper.current(), (incoming, response) => {
      let text = "";
      incoming.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      incoming.on("end", () => {
        const uid = text === "" ? "" : (JSON.parse(text) as { request: { uid: string } }).request.uid;
        response.end(JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response: { uid, allowed: true } }));
      });
    });
    late.server = listening;
    await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
    const replica = {
      keeper,
      port: (listening.address() as AddressInfo).port,
      stop: async () => {
        await keeper.stop();
        listening.closeAllConnections();
        listening.close();
      },
    };
    replicas.push(replica);
    return replica;
  };

  /** Configurations that make the API server call one replica each, for config maps of this test's namespace. */
  const configure = async (ports: readonly number[]): Promise<void> => {
    for (const [i, resource] of CONFIGURATIONS.entries())
      await client.create(resource, {
        metadata: { name },
        webhooks: [
          {
            name: "test.arkonis.dev",
            clientConfig: { url: `https://127.0.0.1:${ports[i] ?? ports[0]}/` },
            rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] }],
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
            failurePolicy: "Fail",
            sideEffects: "None",
            admissionReviewVersions: ["v1"],
            timeoutSeconds: 5,
          },
        ],
      } as never);
  };
  const bundleOf = async (resource: Resource): Promise<string> => {
    const { webhooks } = (await client.get(resource, { name })) as RawObject & { webhooks: { clientConfig: { caBundle?: string } }[] };
    return Buffer.from(webhooks[0]?.clientConfig.caBundle ?? "", "base64").toString();
  };
  const dataOf = async (): Promise<Record<string, string>> =>
    (await client.get(secrets, { namespace, name: SECRET }))["data"] as Record<string, string>;
  const authorityOf = async (): Promise<string> => (await dataOf())["ca.crt"] ?? "";
  /** Both replicas serve what the Secret holds. */
  const servesTheSame = async (): Promise<boolean> => {
    const leaf = Buffer.from((await dataOf())["tls.crt"] ?? "", "base64").toString();
    return replicas.every(({ keeper }) => keeper.current().cert === leaf);
  };
  const setData = (data: Record<string, string | null>): Promise<unknown> =>
    client.patch(secrets, { namespace, name: SECRET }, { type: "merge", body: { data } });

  /** A new connection to a replica, that believes `ca` alone. Rejects when it does not believe what it is shown. */
  const call = (port: number, ca: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const sent = request({ host: "127.0.0.1", port, ca: ca === "" ? "none" : ca, agent: false, method: "GET" }, (response) => {
        response.resume().on("end", resolve);
      });
      sent.on("error", reject).end();
    });
  const trustsAll = async (): Promise<boolean> => {
    const bundles = await Promise.all(CONFIGURATIONS.map(bundleOf));
    const calls = bundles.flatMap((ca) => replicas.map(({ port }) => call(port, ca)));
    return (await Promise.allSettled(calls)).every(({ status }) => status === "fulfilled");
  };
  const admits = async (): Promise<boolean> =>
    client.create(configMaps, { metadata: { generateName: "c-", namespace } }, { dryRun: true }).then(
      () => true,
      () => false,
    );
  /** Polls; the suite's limit is the only one. */
  const eventually = async (isSo: () => Promise<boolean>): Promise<void> => {
    while (!(await isSo())) await systemClock.sleep(50);
  };

  /** Calls both replicas by both configurations' bundles 50 times a second, and has the API server call them, while `work` goes on. */
  const underLoad = async (work: () => Promise<void>): Promise<{ calls: number; failures: string[] }> => {
    const failures: string[] = [];
    const pending = new Set<Promise<void>>();
    let [calls, isOver] = [0, false];
    const one = async (n: number): Promise<void> => {
      const replica = replicas[n % 2];
      const resource = CONFIGURATIONS[(n >> 1) % 2];
      if (!replica || !resource) return;
      calls += 1;
      if (n % 5 === 0) await client.create(configMaps, { metadata: { generateName: "c-", namespace } }, { dryRun: true });
      else await call(replica.port, await bundleOf(resource));
    };
    const load = (async () => {
      for (let n = 0; !isOver; n++) {
        const running = one(n).catch((error: unknown) => void failures.push(`${n}: ${String(error)}`));
        pending.add(running);
        void running.finally(() => pending.delete(running));
        await systemClock.sleep(CALLS_EACH_MS);
      }
    })();
    try {
      await work();
    } finally {
      isOver = true;
      await load;
      await Promise.all(pending);
    }
    return { calls, failures };
  };
  const startTwo = async (lifetimes = LIFETIMES): Promise<void> => {
    const [one, two] = await Promise.all([startReplica(lifetimes), startReplica(lifetimes)]);
    await configure([one.port, two.port]);
    await eventually(async () => (await trustsAll()) && (await admits()));
  };

  it("is one for both when both start at once, and the API server believes it", async () => {
    await startTwo(LONG);
    expect(replicas[0]?.keeper.current()).to.deep.equal(replicas[1]?.keeper.current());
    const { cert } = replicas[0]!.keeper.current();
    expect(Date.parse(new X509Certificate(cert).validTo)).to.equal(replicas[0]?.keeper.expiresAtMs());
    const [validating, mutating] = await Promise.all(CONFIGURATIONS.map(bundleOf));
    expect([validating, mutating]).to.deep.equal([mutating, Buffer.from(await authorityOf(), "base64").toString()]);
  });

  it("fails no call while certificates and two authorities rotate", async () => {
    await startTwo();
    const leaves = new Set<string>();
    const authorities = new Set<string>();
    const { calls, failures } = await underLoad(() =>
      eventually(async () => {
        const data = await dataOf();
        leaves.add(data["tls.crt"] ?? "");
        authorities.add(data["ca.crt"] ?? "");
        return authorities.size >= 3 && leaves.size >= 5;
      }),
    );
    expect(failures).to.deep.equal([]);
    expect(calls).to.be.greaterThan(500);
    for (const { keeper } of replicas) expect(keeper.expiresAtMs()).to.be.greaterThan(Date.now());
  });

  it("is restored when the Secret is deleted, and no call fails", async () => {
    await startTwo(LONG);
    const before = await authorityOf();
    const { failures } = await underLoad(async () => {
      for (let n = 0; n < 3; n++) {
        await client.delete(secrets, { namespace, name: SECRET });
        await eventually(() =>
          authorityOf().then(
            (now) => now === before,
            () => false,
          ),
        );
      }
    });
    expect(failures).to.deep.equal([]);
  });

  it("is restored when the Secret holds garbage, and no call fails", async () => {
    await startTwo(LONG);
    const before = await dataOf();
    const junk = Buffer.from("junk").toString("base64");
    const { failures } = await underLoad(async () => {
      await setData({ "ca.crt": junk, "tls.crt": junk, "ca.key": null, other: junk });
      await eventually(async () => (await dataOf())["tls.crt"] === before["tls.crt"]);
      await setData({ "tls.key": junk });
      await eventually(async () => ![before["tls.key"], junk].includes((await dataOf())["tls.key"]));
    });
    expect(failures).to.deep.equal([]);
    expect(await dataOf()).to.include({ "ca.crt": before["ca.crt"], other: junk });
  });

  it("gets a new authority, in order, when the key is taken out of the Secret", async () => {
    await startTwo(LONG);
    const before = await authorityOf();
    const { failures } = await underLoad(async () => {
      await setData({ "ca.key": null });
      await eventually(async () => (await authorityOf()) !== before);
      await eventually(servesTheSame);
    });
    expect(failures).to.deep.equal([]);
  });

  it("is believed again soon when a caBundle is wiped, or replaced by another", async () => {
    await startTwo(LONG);
    const stranger = cluster().ca;
    for (const caBundle of [null, Buffer.from(stranger).toString("base64")]) {
      for (const resource of CONFIGURATIONS) {
        const operations = [
          { op: caBundle === null ? "remove" : "replace", path: "/webhooks/0/clientConfig/caBundle", value: caBundle ?? undefined },
        ];
        await client.patch(resource, { name }, { type: "json", body: operations });
      }
      const startedMs = systemClock.monotonic();
      await eventually(async () => (await trustsAll()) && (await admits()));
      expect(systemClock.monotonic() - startedMs).to.be.lessThan(5_000);
    }
    await eventually(async () => !(await bundleOf(CONFIGURATIONS[0]!)).includes(stranger.trim())); // strangers go, after a while
  });

  it("outlives a restart of every replica, one after the other", async () => {
    await startTwo(LONG);
    const before = replicas[0]?.keeper.current();
    await replicas.shift()?.stop();
    await startReplica(LONG);
    await replicas.shift()?.stop();
    await startReplica(LONG);
    expect(replicas.map(({ keeper }) => keeper.current())).to.deep.equal([before, before]);
  });

  it("leaves a configuration alone that cert-manager fills in", async () => {
    await startTwo(LONG);
    const annotations = { "cert-manager.io/inject-ca-from": "ark-system/ark" };
    const [resource] = CONFIGURATIONS;
    await client.patch(resource!, { name }, { type: "merge", body: { metadata: { annotations } } });
    await client.patch(resource!, { name }, { type: "json", body: [{ op: "remove", path: "/webhooks/0/clientConfig/caBundle" }] });
    await client.patch(CONFIGURATIONS[1]!, { name }, { type: "json", body: [{ op: "remove", path: "/webhooks/0/clientConfig/caBundle" }] });
    await eventually(async () => (await bundleOf(CONFIGURATIONS[1]!)) !== "");
    expect(await bundleOf(resource!)).to.equal("");
  });
});
