// From what a user says to a client: the one call that programs make.
import { type AccessParts, type AccessRequest, findAccess } from "./accessOf.ts";
import { createKubeClient, type KubeClient } from "./kubeClient.ts";
import { createTransport, type KubeTransport, type TransportParts } from "./transport.ts";

/** A cluster that was found; nothing has been asked of it yet. */
export interface KubeConnection {
  readonly client: KubeClient;
  /** Below the client: streams (logs, journals), tables. */
  readonly transport: KubeTransport;
  readonly server: string;
  /** Where it comes from, for messages. */
  readonly origin: string;
  /** The namespace to use when nothing else says one. */
  readonly namespace: string;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Finds the cluster and makes a client of it. @throws KubeconfigError when there is none */
export async function connect(request: AccessRequest, parts: AccessParts & TransportParts): Promise<KubeConnection> {
  const access = await findAccess(request, parts);
  const transport = createTransport(access, parts);
  return {
    client: createKubeClient({ transport, clock: parts.clock, random: parts.random }),
    transport,
    server: access.server,
    origin: access.origin,
    namespace: access.namespace,
    close: () => transport.close(),
  };
}
