// Admission on a real API server, through kubectl and through the client. The rules themselves, one by one, are admissionDocs.test.ts.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import {
  arkResource,
  isForbidden,
  isInvalid,
  type KubeConnection,
  type KubeError,
  type NewObject,
  type RawObject,
  type Resource,
} from "../../controller/kit/client/index.ts";
import { type KindName, loadYaml } from "../../crds/index.ts";
import { systemClock } from "../../plugins/sdk/index.ts";
import { arkServer, BUILT_SERVER } from "../cluster/arkServer.ts";
import { connectTo } from "../cluster/connectTo.ts";
import { debianKubectl } from "../cluster/debianKubectl.ts";
import { kubeconfigOf } from "../cluster/pki.ts";
import { useCluster } from "../cluster/shared.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const CRDS = path.join(root, "manifests/crds");

const errorOf = (work: Promise<unknown>): Promise<KubeError> =>
  work.then(
    () => expect.fail("it was accepted"),
    (error: unknown) => error as KubeError,
  );

/** YAML files of a folder with their objects. */
const filesOf = (folder: string): { file: string; objects: RawObject[] }[] =>
  readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => ({
      file: path.join(root, folder, name),
      objects: loadYaml(readFileSync(path.join(root, folder, name)), name).documents.map(
        (document) => document.object as unknown as RawObject,
      ),
    }));

describe("admission on a real API server", function () {
  this.timeout(120_000);
  const component = arkServer({ program: BUILT_SERVER });
  const cluster = useCluster({ controllers: false, manifests: [CRDS], components: [component] });
  const connections: KubeConnection[] = [];
  const warnings: string[] = [];
  let admin: KubeConnection;
  let namespace = "";

  const connectAs = async (kubeconfig: string): Promise<KubeConnection> => {
    const made = await connectTo(kubeconfig, (text) => warnings.push(text));
    connections.push(made);
    return made;
  };
  const connectAsUser = (name: string): Promise<KubeConnection> => {
    const file = path.join(cluster().folder, `${name}.kubeconfig`);
    writeFileSync(file, kubeconfigOf(cluster().url, cluster().ca, cluster().authority.issue({ commonName: name })));
    return connectAs(file);
  };
  const resource = (kind: string): Resource => arkResource(kind as KindName) as unknown as Resource;
  const create = (kind: KindName, name: string, spec: object, more: object = {}): Promise<RawObject> =>
    admin.client.create(resource(kind), { metadata: { name, namespace, ...more }, spec } as NewObject);
  const patch = (kind: KindName, name: string, body: object, subresource?: string): Promise<RawObject> =>
    admin.client.patch(resource(kind), { namespace, name }, { type: "merge", body }, subresource === undefined ? {} : { subresource });
  const lead = { name: "lead", model: "mock", systemPrompt: "Lead." };
  const team = { entry: "lead", roles: [lead] };
  const reviews = async (outcome: string): Promise<number> => {
    const { text } = await component.server().get("/metrics");
    const lines = text
      .split("\n")
      .filter((line) => line.startsWith("ark_admission_reviews_total{") && line.includes(`outcome="${outcome}"`));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  };

  before(async () => {
    admin = await connectAs(cluster().kubeconfig);
  });
  beforeEach(async () => {
    namespace = await cluster().namespace();
    warnings.length = 0;
  });
  after(() => Promise.all(connections.map((made) => made.close())));

  describe("manifests in circulation and our samples (B3)", () => {
    for (const folder of ["test/seeds", "manifests/samples"]) {
      for (const { file, objects } of filesOf(folder)) {
        const ours = objects.filter((object) => object.apiVersion.startsWith("arkonis.dev/"));
        const isRefused = file.endsWith("hyphen-role.yaml");
        it(`${folder}/${path.basename(file)} ${isRefused ? "is refused with a hint" : "applies strictly, and is stored as it was written"}`, async () => {
          // Objects that name a namespace of their own get it.
          for (const name of new Set(objects.map((object) => object.metadata.namespace).filter((name) => name !== undefined))) {
            await cluster().kubectl("create", "namespace", name);
          }
          const flags = objects.some((object) => object.metadata.namespace) ? [] : ["-n", namespace];
          const { code, stderr } = await cluster().kubectl("apply", "--validate=strict", ...flags, "-f", file);
          if (isRefused) {
            expect([code, stderr]).to.satisfy(([code, text]: [number, string]) => code === 1 && text.includes("legal_review"));
            return;
          }
          expect(code, stderr).to.equal(0);
          expect(stderr).not.to.match(/unknown field/i);
          for (const { kind, metadata, spec } of ours) {
            const stored = await admin.client.get(resource(kind), {
              namespace: metadata.namespace ?? namespace,
              name: metadata.name ?? "",
            });
            const replicas = kind === "ArkAgent" ? { replicas: 1 } : {}; // the one default that is stored: the scale subresource needs it
            expect(stored["spec"]).to.deep.equal({ ...replicas, ...(spec as object) });
          }
        });
      }
    }
  });

  describe("Debian's kubectl 1.20", () => {
    const old = (...args: string[]): { code: number | null; text: string } => {
      const { status, stdout, stderr } = spawnSync(debianKubectl(), args, { encoding: "utf8", env: { ...process.env, ...cluster().env } });
      return { code: status, text: stdout + stderr };
    };
    const write = (name: string, object: object): string => {
      const file = path.join(cluster().folder, `${name}.json`);
      writeFileSync(file, JSON.stringify(object));
      return file;
    };
    const news = (spec: object): object => ({ apiVersion: "arkonis.dev/v1alpha1", kind: "ArkTeam", metadata: { name: "news" }, spec });

    it("is told every fault, and the same by a dry run", () => {
      const file = write("old-wrong", news({ ...team, entry: "leed" }));
      for (const flags of [[], ["--dry-run=server"], ["--server-side"]]) {
        const { code, text } = old("apply", "-n", namespace, ...flags, "-f", file);
        expect(code, text).to.equal(1);
        expect(text).to.contain('spec.entry: "leed" is no role of this team; did you mean "lead"?');
      }
    });

    it("applies what is right, again without a change, and lists it", () => {
      const file = write("old-right", news(team));
      expect(old("apply", "-n", namespace, "-f", file)).to.deep.equal({ code: 0, text: "arkteam.arkonis.dev/news created\n" });
      expect(old("apply", "-n", namespace, "-f", file)).to.deep.equal({ code: 0, text: "arkteam.arkonis.dev/news unchanged\n" });
      expect(old("get", "ark", "-n", namespace).text).to.contain("arkteam.arkonis.dev/news");
      expect(old("delete", "-n", namespace, "-f", file).code).to.equal(0);
    });
  });

  describe("refusals for programs", () => {
    it("have all faults as causes, with path, code and the way out", async () => {
      const wrong = {
        entry: "leed",
        roles: [
          { ...lead, canDelegate: ["writr"] },
          { name: "writer", model: "mock", systemPrompt: "W." },
        ],
      };
      const error = await errorOf(create("ArkTeam", "news", wrong));
      expect(isInvalid(error)).to.equal(true);
      expect(error.causes.map(({ field, reason }) => [field, reason])).to.deep.equal([
        ["spec.entry", "notFound"],
        ["spec.roles[0].canDelegate[0]", "notFound"],
      ]);
      expect(error.causes.map((cause) => cause.message).join()).to.contain('did you mean "writer"?');
    });

    it("say the same under generateName", async () => {
      const error = await errorOf(
        admin.client.create(arkResource("ArkTeam"), {
          metadata: { generateName: "news-", namespace },
          spec: { roles: [lead] },
        } as NewObject),
      );
      expect(error.causes.map((cause) => cause.field)).to.deep.equal(["spec.entry"]);
    });

    it("are reviewed by the server, not guessed by it: nothing has failed", async () => expect(await reviews("failed")).to.equal(0));
  });

  describe("prompts (B15)", () => {
    const withPrompt = (bytes: number): object => ({ model: "mock", systemPrompt: "a".repeat(bytes) });
    it("over 50 KB are accepted with a warning", async () => {
      await create("ArkAgent", "big", withPrompt(50_001));
      expect(warnings.join()).to.contain("spec.systemPrompt");
    });
    it("of 50 KB are accepted without", async () => {
      await create("ArkAgent", "good", withPrompt(50_000));
      expect(warnings).to.deep.equal([]);
    });
    it("over 512 KB are refused", async () => {
      expect(isInvalid(await errorOf(create("ArkAgent", "huge", withPrompt(512_001))))).to.equal(true);
    });
    it("over 800 KB in a team are refused", async () => {
      const roles = [1, 2].map((n) => ({ name: `r${n}`, model: "mock", systemPrompt: "a".repeat(400_001) }));
      const error = await errorOf(create("ArkTeam", "huge", { entry: "r1", roles }));
      expect(error.message).to.match(/800/);
    });
  });

  describe("what is never held up (B20)", () => {
    it("an edit of metadata, a status and a delete are not even asked about", async () => {
      await create("ArkTeam", "news", team, { finalizers: ["example.com/hold"] });
      const before = await component.server().get("/metrics");
      await patch("ArkTeam", "news", { metadata: { labels: { a: "b" }, finalizers: [] } });
      await patch("ArkTeam", "news", { status: { phase: "Ready" } }, "status");
      await admin.client.delete(arkResource("ArkTeam"), { namespace, name: "news" });
      const count = (text: string): string[] => text.split("\n").filter((line) => line.startsWith("ark_admission_reviews_total"));
      expect(count((await component.server().get("/metrics")).text)).to.deep.equal(count(before.text));
    });

    it("an object from before its rules can be labelled, repaired and deleted, but not made worse", async () => {
      // Stored while nobody looks.
      const configurations = "validatingwebhookconfiguration,mutatingwebhookconfiguration";
      const saved = await cluster().kubectl("get", configurations, "ark-admission", "-o", "yaml");
      await cluster().kubectl("delete", configurations, "ark-admission");
      try {
        await eventually(() => create("ArkTeam", "old", { roles: [lead], entry: "nobody" }));
      } finally {
        const file = path.join(cluster().folder, "saved.yaml");
        writeFileSync(file, saved.stdout.replaceAll(/^ +(resourceVersion|uid|creationTimestamp):.*\n/gm, ""));
        const back = await cluster().kubectl("apply", "-f", file);
        expect(back.code, back.stderr).to.equal(0);
      }
      await eventually(async () =>
        expect(isInvalid(await errorOf(create("ArkTeam", "other", { roles: [lead], entry: "nobody" })))).to.equal(true),
      );
      await patch("ArkTeam", "old", { metadata: { labels: { still: "here" } } });
      expect(isInvalid(await errorOf(patch("ArkTeam", "old", { spec: { entry: "somebody" } })))).to.equal(true);
      await patch("ArkTeam", "old", { spec: { entry: "lead" } });
      await admin.client.delete(arkResource("ArkTeam"), { namespace, name: "old" });
    });
  });

  describe("stamps of a run (B19)", () => {
    const run = { agent: "writer", prompt: "Write." };
    const annotationsOf = (object: RawObject): Record<string, string> => object.metadata.annotations ?? {};

    it("say who made it, whatever the client writes", async () => {
      const ana = await connectAsUser("ana");
      await allow("ana", ["create", "get", "patch"]);
      const made = await ana.client.create(resource("ArkRun"), {
        metadata: { name: "mine", namespace, annotations: { "arkonis.dev/created-by": "boss", other: "kept" } },
        spec: run,
      } as NewObject);
      expect(annotationsOf(made)).to.deep.equal({ "arkonis.dev/created-by": "ana", other: "kept" });
    });

    it("cannot be changed or removed later", async () => {
      await create("ArkRun", "mine", run);
      for (const value of ["boss", null]) {
        const changed = await patch("ArkRun", "mine", { metadata: { annotations: { "arkonis.dev/created-by": value } } });
        expect(annotationsOf(changed)["arkonis.dev/created-by"]).to.equal("admin");
      }
    });

    it("are made for a dry run too, which keeps nothing", async () => {
      const made = await admin.client.create(resource("ArkRun"), { metadata: { name: "dry", namespace }, spec: run } as NewObject, {
        dryRun: true,
      });
      expect(annotationsOf(made)["arkonis.dev/created-by"]).to.equal("admin");
      expect((await errorOf(admin.client.get(arkResource("ArkRun"), { namespace, name: "dry" }))).code).to.equal(404);
    });

    it("name the run that is retried, in a label that cannot be forged", async () => {
      const first = await create("ArkRun", "first", run);
      const retry = { run: "first", runUID: first.metadata.uid };
      const made = await create("ArkRun", "second", { ...run, retry }, { labels: { "arkonis.dev/retry-of": "other" } });
      expect(made.metadata.labels).to.deep.equal({ "arkonis.dev/retry-of": "first" });
      const changed = await patch("ArkRun", "second", { metadata: { labels: { "arkonis.dev/retry-of": "other" } } });
      expect(changed.metadata.labels?.["arkonis.dev/retry-of"]).to.equal("first");
    });

    it("say who decided, and only who may approve does", async () => {
      await create("ArkRun", "waits", run);
      const bob = await connectAsUser("bob");
      await allow("bob", ["get", "patch"]);
      const decide = (): Promise<unknown> =>
        bob.client.patch(
          resource("ArkRun"),
          { namespace, name: "waits" },
          {
            type: "merge",
            body: { spec: { approvals: [{ step: "publish", decision: "approve", by: "boss", at: "2020-01-01T00:00:00Z" }] } },
          },
        );
      const refused = await eventually(async () => {
        const error = await errorOf(decide());
        expect(isForbidden(error), error.message).to.equal(false); // RBAC knows of the role by then
        return error;
      });
      expect(refused.causes.map((cause) => cause.field)).to.deep.equal(["spec.approvals[0]"]);
      expect(refused.message).to.contain('user "bob"').and.to.contain("approve");
      await allow("bob", ["get", "patch", "approve"]);
      const decided = (await eventually(decide)) as { spec: { approvals: { by: string; at: string }[] } };
      const [approval] = decided.spec.approvals;
      expect(approval?.by).to.equal("bob");
      expect(Math.abs(Date.parse(approval?.at ?? "") - Date.now())).to.be.lessThan(10_000);
    });

    const allow = async (user: string, verbs: readonly string[]): Promise<void> => {
      const metadata = { name: user, namespace };
      await cluster().apply({
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "Role",
        metadata,
        rules: [{ apiGroups: ["arkonis.dev"], resources: ["arkruns"], verbs }],
      });
      await cluster().apply({
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "RoleBinding",
        metadata,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: user },
        subjects: [{ kind: "User", name: user, apiGroup: "rbac.authorization.k8s.io" }],
      });
      await eventually(async () => {
        const can = await cluster().kubectl("auth", "can-i", verbs.at(-1) ?? "", "arkruns.arkonis.dev", "-n", namespace, "--as", user);
        expect(can.stdout.trim()).to.equal("yes");
      });
    };
  });

  describe("objects in doubt", () => {
    it("a run straight after its team is accepted, a hundred times", async () => {
      for (let n = 0; n < 100; n++) {
        await create("ArkTeam", `t${n}`, team);
        await create("ArkRun", `r${n}`, { teamRef: `t${n}` });
      }
    });

    it("a run straight after its team is gone is refused, or its controller says so: never an error of ours", async () => {
      await create("ArkTeam", "gone", team);
      await admin.client.delete(arkResource("ArkTeam"), { namespace, name: "gone" });
      await eventually(async () => expect(isInvalid(await errorOf(create("ArkRun", "late", { teamRef: "gone" }, {})))).to.equal(true));
      expect(await reviews("failed")).to.equal(0);
    });

    it("two teams that are a circle together: one after the other the second is refused, at the same moment at most both stand and none is an error", async () => {
      const calls = (other: string): object => ({ roles: [{ name: "all", arkTeam: other }], pipeline: [{ role: "all" }] });
      await create("ArkTeam", "a1", calls("b1"));
      const second = await errorOf(create("ArkTeam", "b1", calls("a1")));
      expect(second.message).to.contain("b1 → a1 → b1");
      const both = await Promise.allSettled([create("ArkTeam", "a2", calls("b2")), create("ArkTeam", "b2", calls("a2"))]);
      for (const outcome of both) if (outcome.status === "rejected") expect(isInvalid(outcome.reason)).to.equal(true);
      // Whoever comes later sees both, so that the circle cannot grow unseen.
      if (both.every((outcome) => outcome.status === "fulfilled")) {
        expect(isInvalid(await errorOf(patch("ArkTeam", "a2", { spec: { timeoutSeconds: 5 } })))).to.equal(true);
      }
    });
  });

  describe("the server", () => {
    it("runs under exactly the role of manifests/rbac: nothing it asked for was denied", () => {
      expect(
        component
          .server()
          .log()
          .filter((line) => /forbidden|cannot (get|list|watch|create|patch|update)/i.test(line)),
      ).to.deep.equal([]);
    });

    it("tells its figures", async () => {
      const { code, text } = await component.server().get("/metrics");
      expect(code).to.equal(200);
      expect(text).to.match(/^ark_certificate_expiry_seconds 1\d{9}/m);
      expect(text).to.match(/^ark_admission_review_duration_seconds_count\{path="\/admission\/validate"\} \d+/m);
      expect((await component.server().get("/healthz")).text).to.equal("ok\n");
      expect(JSON.parse((await component.server().get("/readyz")).text)).to.include({ ready: true });
      expect((await component.server().get("/nothing")).code).to.equal(404);
    });
  });
});

/** Until it does not reject: for what the API server learns a moment later (RBAC, configurations). */
async function eventually<T>(check: () => Promise<T>): Promise<T> {
  const endsMs = performance.now() + 15_000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > endsMs) throw error;
      await systemClock.sleep(50);
    }
  }
}
