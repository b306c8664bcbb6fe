// One cluster for all suites of a test run, started by the first that asks and stopped after the last.
import type { Cluster } from "./cluster.ts";
import { type ClusterOptions, startCluster } from "./startCluster.ts";

/** Building the programs from nothing takes minutes, once. */
const BUILD_LIMIT_MS = 1_200_000;
const MANIFESTS = new URL("../../manifests/crds", import.meta.url).pathname;

let shared: Promise<Cluster> | undefined;

/** The cluster of this test run, with our CRDs. Each suite makes namespaces of its own in it. */
export function sharedCluster(): Promise<Cluster> {
  shared ??= startCluster({ manifests: [MANIFESTS], say: (line) => process.stderr.write(`test cluster: ${line}\n`) });
  return shared;
}

/**
 * In a `describe`: sees to it that the shared cluster is there before its tests, and gives it to them.
 * With options, the suite gets a cluster of its own.
 */
export function useCluster(options?: ClusterOptions): () => Cluster {
  let cluster: Cluster | undefined;
  before(async function () {
    this.timeout(BUILD_LIMIT_MS);
    cluster = await (options ? startCluster(options) : sharedCluster());
  });
  if (options) after(() => cluster?.stop());
  return () => {
    if (!cluster) throw new Error("the cluster is there from `before` on, not while suites are read");
    return cluster;
  };
}

// Read by a suite, so this hook is the root's: it runs after all of them.
after(async () => (await shared?.catch(() => undefined))?.stop());
