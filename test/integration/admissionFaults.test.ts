// Admission while things go wrong: replicas that are killed or stopped, certificates that are renewed, no server at all.

import { X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { connect as connectTls } from "node:tls";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import {
  arkResource,
  isInvalid,
  type KubeConnection,
  type KubeError,
  type NewObject,
  type RawObject,
  type Resource,
} from "../../controller/kit/client/index.ts";
import { systemClock } from "../../plugins/sdk/index.ts";
import { type ArkServer, BUILT_SERVER, inForce, prepareArkServer, registerArkServer, startArkServer } from "../cluster/arkServer.ts";
import type { ComponentPlane } from "../cluster/cluster.ts";
import { connectTo } from "../cluster/connectTo.ts";
import { type LoadBalancer, startLoadBalancer } from "../cluster/loadBalancer.ts";
import { useCluster } from "../cluster/shared.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const teams = arkResource("ArkTeam") as unknown as Resource;
const runs = arkResource("ArkRun") as unknown as Resource;
const validating: Resource = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  plural: "validatingwebhookconfigurations",
  kind: "ValidatingWebhookConfiguration",
  namespaced: false,
};
const RIGHT = { entry: "lead", roles: [{ name: "lead", model: "mock", systemPrompt: "Lead." }] };
/** Beyond one field: the webhook's business. */
const WRONG = { ...RIGHT, entry: "nobody" };
/** A field out of its range: the schema's business. */
const MISSHAPEN = { ...RIGHT, timeoutSeconds: -1 };

const errorOf = (work: Promise<unknown>): Promise<KubeError> =>
  work.then(
    () => expect.fail("it was accepted"),
    (error: unknown) => error as KubeError,
  );

describe("admission under faults", function () {
  this.timeout(180_000);
  let plane: ComponentPlane;
  const cluster = useCluster({
    controllers: false,
    manifests: [path.join(root, "manifests/crds")],
    components: [
      {
        name: "plane",
        start: async (given) => {
          plane = given;
          await prepareArkServer(given);
        },
      },
    ],
  });
  let balancer: LoadBalancer;
  let admin: KubeConnection;
  let namespace = "";
  const replicas: ArkServer[] = [];
  let started = 0;

  const create = (name: string, spec: object, resource = teams): Promise<RawObject> =>
    admin.client.create(resource, { metadata: { name, namespace }, spec } as NewObject);
  const startReplica = async (flags: readonly string[] = []): Promise<ArkServer> => {
    const server = await startArkServer(plane, { name: `server-${++started}`, flags, program: BUILT_SERVER });
    await server.ready();
    replicas.push(server);
    balancer.use(replicas.map((replica) => replica.port));
    return server;
  };
  const end = async (server: ArkServer, signal: NodeJS.Signals): Promise<void> => {
    process.kill(server.process.pid, signal);
    await server.process.ended;
    replicas.splice(replicas.indexOf(server), 1);
    balancer.use(replicas.map((replica) => replica.port));
  };

  before(async () => {
    admin = await connectTo(cluster().kubeconfig);
    balancer = await startLoadBalancer();
    await startReplica();
    await startReplica();
    await registerArkServer(plane, `https://127.0.0.1:${balancer.port}`);
    await inForce(plane);
  });
  beforeEach(async () => {
    namespace = await cluster().namespace();
  });
  after(async () => {
    await admin.close();
    await balancer.close();
  });

  /** Creates and deletes without pause on 16 lines until told to end; the failures, and how many succeeded. */
  const load = (): { stop(): Promise<{ readonly failures: KubeError[]; readonly done: number }> } => {
    let isOver = false;
    let done = 0;
    const failures: KubeError[] = [];
    const lines = Array.from({ length: 16 }, async (_, line) => {
      for (let n = 0; !isOver; n++) {
        await create(`l${line}-${n}`, { agent: "a", prompt: "p" }, runs).then(
          () => (done += 1),
          (error: unknown) => failures.push(error as KubeError),
        );
      }
    });
    return {
      async stop() {
        isOver = true;
        await Promise.all(lines);
        return { failures, done };
      },
    };
  };

  it("a replica that is killed costs no request beyond those on its connections (P20)", async () => {
    const [victim] = replicas;
    if (!victim) return expect.fail("no replica");
    const work = load();
    await systemClock.sleep(1_000);
    const held = balancer.held(victim.port);
    await end(victim, "SIGKILL");
    await systemClock.sleep(2_000);
    const { failures, done } = await work.stop();
    expect(done).to.be.greaterThan(100);
    expect(failures.length, failures.map((error) => error.message).join("\n")).to.be.at.most(held);
    await startReplica();
  });

  it("a replica that is stopped costs none: it drains", async () => {
    const [leaving] = replicas;
    if (!leaving) return expect.fail("no replica");
    const work = load();
    await systemClock.sleep(500);
    // Endpoints are told at once, as by a failing readiness probe; what still comes meanwhile is answered.
    balancer.use(replicas.filter((replica) => replica !== leaving).map((replica) => replica.port));
    await end(leaving, "SIGTERM");
    await systemClock.sleep(500);
    const { failures } = await work.stop();
    expect(failures.map((error) => error.message)).to.deep.equal([]);
    expect(leaving.process.end).to.deep.equal({ code: 0, signal: null });
    await startReplica();
  });

  it("certificates and their authority are renewed under a thousand applies, without one that fails (P18)", async () => {
    for (const replica of [...replicas]) await end(replica, "SIGKILL");
    const flags = ["--cert-lifetime", "8s", "--cert-renew-before", "6s", "--ca-lifetime", "24s"];
    await plane.kubectl("delete", "secret", "ark-webhook-certs", "-n", "ark-system");
    await startReplica(flags);
    await startReplica(flags);
    await inForce(plane);
    const bundle = async (): Promise<string> => {
      const { webhooks } = (await admin.client.get(validating, { name: "ark-admission" })) as unknown as {
        webhooks: { clientConfig: { caBundle: string } }[];
      };
      return webhooks[0]?.clientConfig.caBundle ?? "";
    };
    const serials = new Set<string>();
    const bundles = new Set<string>();
    const failures: string[] = [];
    const endsMs = performance.now() + 28_000;
    let done = 0;
    for (let n = 0; n < 1_000 || performance.now() < endsMs; n += 10) {
      const startedMs = performance.now();
      await Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          admin.client
            .apply(teams, { metadata: { name: `t${i}`, namespace }, spec: { ...RIGHT, timeoutSeconds: n + i + 1 } } as NewObject, {
              fieldManager: "test",
              force: true,
            })
            .then(
              () => (done += 1),
              (error: unknown) => failures.push((error as Error).message),
            ),
        ),
      );
      bundles.add(await bundle());
      const { text } = await (replicas[0] as ArkServer).get("/metrics");
      serials.add(/^ark_certificate_expiry_seconds (\S+)/m.exec(text)?.[1] ?? "");
      await systemClock.sleep(Math.max(0, 250 - (performance.now() - startedMs)));
    }
    expect(failures).to.deep.equal([]);
    expect(done).to.be.at.least(1_000);
    expect(serials.size, "certificates served").to.be.greaterThan(3);
    const authorities = new Set(
      [...bundles]
        .flatMap(
          (text) =>
            Buffer.from(text, "base64")
              .toString()
              .match(/-----BEGIN[\s\S]*?-----END CERTIFICATE-----/g) ?? [],
        )
        .map((pem) => new X509Certificate(pem).fingerprint256),
    );
    expect(authorities.size, "authorities trusted").to.be.greaterThan(1);
  });

  describe("with no server", () => {
    before(async () => {
      namespace = await cluster().namespace();
      await create("kept", RIGHT);
      await create("doomed", RIGHT);
      await admin.client.patch(
        teams,
        { namespace, name: "kept" },
        { type: "merge", body: { metadata: { finalizers: ["example.com/hold"] } } },
      );
      for (const replica of [...replicas]) await end(replica, "SIGKILL");
    });
    let own = "";
    before(() => {
      own = namespace;
    });
    beforeEach(() => {
      namespace = own;
    });

    it("the schemas still refuse wrong shapes", async () => {
      expect(isInvalid(await errorOf(create("new", MISSHAPEN)))).to.equal(true);
    });

    it("creating and changing is refused within five seconds, and the message names us", async () => {
      const startedMs = performance.now();
      for (const work of [
        create("new", RIGHT),
        admin.client.patch(teams, { namespace, name: "kept" }, { type: "merge", body: { spec: { timeoutSeconds: 7 } } }),
      ]) {
        expect((await errorOf(work)).message).to.contain("validate.arkonis.dev");
      }
      expect(performance.now() - startedMs).to.be.lessThan(11_000);
    });

    it("labels, finalizers, status and deletes go through (B20)", async () => {
      const at = { namespace, name: "kept" };
      await admin.client.patch(teams, at, { type: "merge", body: { metadata: { labels: { a: "b" } } } });
      await admin.client.patch(teams, at, { type: "merge", body: { status: { phase: "Ready" } } }, { subresource: "status" });
      await admin.client.patch(teams, at, { type: "merge", body: { metadata: { finalizers: [] } } });
      await admin.client.delete(teams, at);
      await admin.client.delete(teams, { namespace, name: "doomed" });
    });

    it("foreign objects notice nothing, and neither do excluded namespaces", async () => {
      await plane.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "other", namespace }, data: { a: "b" } });
      await admin.client.create(teams, { metadata: { name: "inside", namespace: "kube-system" }, spec: RIGHT } as NewObject);
    });

    it("the command of the emergency page frees the cluster; applying the registrations brings admission back", async () => {
      const page = readFileSync(path.join(root, "docs/admission.md"), "utf8");
      const command = /```sh emergency\nkubectl (.*)\n```/.exec(page)?.[1]?.split(" ") ?? [];
      const { code, stderr } = await plane.kubectl(...command);
      expect(code, stderr).to.equal(0);
      await eventually(() => create("free", WRONG));
      expect(isInvalid(await errorOf(create("new", MISSHAPEN)))).to.equal(true);
      await startReplica();
      await registerArkServer(plane, `https://127.0.0.1:${balancer.port}`);
      await eventually(async () => expect(isInvalid(await errorOf(create("again", WRONG)))).to.equal(true));
    });
  });

  it("a caBundle that is wiped, and a Secret that is deleted, are there again within seconds (P18)", async () => {
    await admin.client.patch(
      validating,
      { name: "ark-admission" },
      { type: "json", body: [{ op: "remove", path: "/webhooks/0/clientConfig/caBundle" }] },
    );
    await eventually(() => create("healed", RIGHT));
    await plane.kubectl("delete", "secret", "ark-webhook-certs", "-n", "ark-system");
    await eventually(async () => {
      const { stdout } = await plane.kubectl("get", "secret", "ark-webhook-certs", "-n", "ark-system", "-o", "name");
      expect(stdout.trim()).to.equal("secret/ark-webhook-certs");
    });
    await create("still", RIGHT);
  });

  it("a certificate of somebody else is served from files, and left alone (B21)", async () => {
    const folder = path.join(cluster().folder, "given");
    const { certificate, key } = cluster().authority.issue({ commonName: "given", hosts: ["127.0.0.1"] });
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, "tls.crt"), certificate);
    writeFileSync(path.join(folder, "tls.key"), key);
    const server = await startArkServer(plane, { name: "given", flags: ["--cert-dir", folder] });
    await server.ready();
    const served = await new Promise<string>((resolve, reject) => {
      const socket = connectTls({ host: "127.0.0.1", port: server.port, ca: cluster().ca }, () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      }).on("error", reject);
    });
    expect(served).to.equal("given");
    process.kill(server.process.pid, "SIGTERM");
    expect(await server.process.ended).to.deep.equal({ code: 0, signal: null });
  });
});

async function eventually<T>(check: () => Promise<T>): Promise<T> {
  const endsMs = performance.now() + 30_000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > endsMs) throw error;
      await systemClock.sleep(50);
    }
  }
}
