// What a test gets of a cluster, and what may be added to one.
import type { Authority } from "./certificates.ts";
import type { ProcessSpec, SupervisedProcess } from "./supervisor.ts";

/** How a kubectl ended. */
export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A control plane that serves. */
export interface Plane {
  /** `https://127.0.0.1:<port>`. */
  readonly url: string;
  /** Certificate of the authority that the API server's certificate is from, PEM. */
  readonly ca: string;
  /** Issues certificates that the API server believes: a client's name is its user, its organizations are its groups. */
  readonly authority: Authority;
  /** A file for the administrator. */
  readonly kubeconfig: string;
  /** All that the cluster writes is in here, and goes when it ends. `logs/<program>.log` says what a program said. */
  readonly folder: string;
  /** For programs that are to use this cluster: KUBECONFIG, and a PATH on which its kubectl comes first. */
  readonly env: { readonly KUBECONFIG: string; readonly PATH: string };
  /** The cluster's own kubectl, as its administrator. Never rejects for an exit code. */
  kubectl(...args: readonly string[]): Promise<KubectlResult>;
  /** Applies objects (JSON), YAML text, server-side. Rejects with what kubectl says. */
  apply(manifest: string | object): Promise<void>;
}

/** A cluster that tests share. Each test makes namespaces of its own and leaves them to the end. */
export interface Cluster extends Plane {
  /** A new namespace; resolves when pods may be made in it, if controllers run. */
  namespace(): Promise<string>;
  /** Makes etcd forget all but the newest revisions: watches and continued lists from older ones get a real 410. */
  compact(): Promise<void>;
  /** Ends every process of the cluster and removes its folder. Takes a fraction of a second; safe to call twice. */
  stop(): Promise<void>;
}

/** What a component may use. */
export interface ComponentPlane extends Plane {
  /**
   * Starts a process that ends with the cluster, whatever ends the test run. It runs in `cwd`, or in the cluster's folder, with the cluster's
   * `env` beside `env`, and prints to `logs/<name>.log`.
   */
  spawn(process: Pick<ProcessSpec, "name" | "program" | "args"> & Partial<Pick<ProcessSpec, "env" | "cwd">>): Promise<SupervisedProcess>;
}

/** A part of the product that a cluster runs beside the control plane: our webhook server, a node, a controller. */
export interface Component {
  readonly name: string;
  /** Called in order, once everything before it serves; resolves when this one does. Rejecting ends the start. */
  start(plane: ComponentPlane): Promise<void>;
  /** Called in reverse order before the processes are killed. Only for what `spawn` does not hold. */
  stop?(): Promise<void>;
}
