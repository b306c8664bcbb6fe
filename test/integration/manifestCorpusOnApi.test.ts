// The corpus of manifests meets a real API server: it refuses exactly what the rules refuse, by its own schemas or by our webhook.
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import {
  arkResource,
  type KubeConnection,
  type KubeError,
  type NewObject,
  type RawObject,
  type Resource,
} from "../../controller/kit/client/index.ts";
import { isKindName } from "../../crds/index.ts";
import {
  type CorpusCase,
  type IdentityInput,
  identityObject,
  type ScheduleInput,
  type ShapeInput,
  type SizeInput,
  scheduleObject,
  shapeObject,
  sizeObject,
} from "../builders/manifestCorpus.ts";
import { arkServer, BUILT_SERVER } from "../cluster/arkServer.ts";
import { connectTo } from "../cluster/connectTo.ts";
import { useCluster } from "../cluster/shared.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const AT_ONCE = 16;

function corpus<Input>(
  surface: string,
  objectOf: (input: Input) => unknown,
): { readonly name: string; readonly object: unknown; readonly isRefused: boolean }[] {
  const cases = JSON.parse(readFileSync(path.join(root, "test/corpus/manifests", `${surface}.json`), "utf8")) as CorpusCase<Input>[];
  return cases.map(({ name, input, expected }) => ({
    name: `${surface}: ${name}`,
    object: objectOf(input),
    isRefused: expected.some((fault) => !fault.startsWith("warning ")),
  }));
}

/** Where the API server and the rules of one object differ, by case or by what is said, and why that is as it should be. */
const EXCEPTIONS: readonly { readonly of: RegExp; readonly why: string }[] = [
  { of: /^identity: namespace /, why: "the namespace stands in the URL, and this test gives each object its own" },
  { of: /: .*spec\.teamRef: there is no team /, why: "no team of the corpus is applied here: an unknown one is refused (B17)" },
  { of: /^shape: .*": null\}: accepted$/, why: "the API server takes a null for a field that is not there, and drops it" },
  { of: /^shape: document: a status of any shape/, why: "strict decoding looks at status too; the rules leave it to whoever writes it" },
];

describe("the corpus of manifests on a real API server", function () {
  this.timeout(240_000);
  const cluster = useCluster({
    controllers: false,
    manifests: [path.join(root, "manifests/crds")],
    components: [arkServer({ program: BUILT_SERVER })],
  });
  let admin: KubeConnection;

  before(async () => {
    admin = await connectTo(cluster().kubeconfig);
  });
  after(() => admin.close());

  /** The refusal; undefined when it was accepted. */
  async function refusalOf(object: RawObject, namespace: string): Promise<string | undefined> {
    if (!isKindName(object.kind)) return "no such kind";
    const resource = arkResource(object.kind) as unknown as Resource;
    const placed = { ...object, metadata: { ...(object.metadata as object), namespace } };
    try {
      await admin.client.create(resource, placed as unknown as NewObject, { dryRun: true, fieldValidation: "Strict" });
      return undefined;
    } catch (error) {
      const { code, message } = error as KubeError;
      expect(code, message).to.be.oneOf([400, 413, 422]);
      return message;
    }
  }

  const surfaces = {
    shape: () => corpus<ShapeInput>("shape", shapeObject),
    identity: () => corpus<IdentityInput>("identity", identityObject),
    schedules: () => corpus<ScheduleInput>("schedules", scheduleObject),
    sizes: () => corpus<SizeInput>("sizes", sizeObject),
  };
  for (const [surface, cases] of Object.entries(surfaces)) {
    it(`${surface}: refuses what the rules refuse, and nothing else`, async () => {
      const namespace = await cluster().namespace();
      const open = cases().filter(({ object }) => isOurs(object));
      const wrong: string[] = [];
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (let next = open.pop(); next !== undefined; next = open.pop()) {
            const { name, object, isRefused } = next;
            const refusal = await refusalOf(object as RawObject, namespace);
            const line = `${name}: ${refusal ?? "accepted"}`;
            if ((refusal !== undefined) !== isRefused && !EXCEPTIONS.some(({ of }) => of.test(line))) wrong.push(line);
          }
        }),
      );
      expect(wrong.sort()).to.deep.equal([]);
    });
  }
});

/** What can be sent to a place of our API at all: not what is nested deeper than JSON can be written. */
function isOurs(object: unknown): object is RawObject {
  if (typeof object !== "object" || object === null || jsonOf(object) === undefined) return false;
  const { apiVersion, kind, metadata } = object as Record<string, unknown>;
  return apiVersion === "arkonis.dev/v1alpha1" && typeof kind === "string" && typeof metadata === "object" && metadata !== null;
}

function jsonOf(object: unknown): string | undefined {
  try {
    return JSON.stringify(object);
  } catch {
    return undefined;
  }
}
