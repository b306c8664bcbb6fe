// How to reach a cluster, and as whom. kubeconfig files and pods give the same answer, and the transport knows nothing else.

/** What proves who we are. Both parts may be there. */
export interface Credentials {
  /** Value of the Authorization header. */
  readonly authorization?: string | undefined;
  /** Client certificate and key, PEM. */
  readonly certificate?: { readonly cert: string; readonly key: string } | undefined;
}

/** Gives credentials, as fresh as they have to be. */
export interface CredentialSource {
  /** Those to use now; kept until they end. Rejects when there are none. */
  current(signal?: AbortSignal): Promise<Credentials>;
  /** Called when the API server did not believe `refused`. True when the next {@link current} may be other ones. */
  renew(refused: Credentials): boolean;
}

/** A cluster and a user. */
export interface ClusterAccess {
  /** Origin and path prefix, as `https://10.0.0.1:6443` or `https://rancher.example/k8s/clusters/c-1`. */
  readonly server: string;
  /** Authorities to trust, PEM; the system's when there are none. */
  readonly ca?: string | undefined;
  /** Name that the server's certificate has, when it is not that of its URL. */
  readonly tlsServerName?: string | undefined;
  readonly insecureSkipTlsVerify?: boolean;
  /** Namespace to use when nothing else says one. */
  readonly namespace: string;
  /** Impersonation; sent with every request. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly credentials: CredentialSource;
  /** Where this comes from, for messages: `context "kind" of ~/.kube/config`, `this pod`. */
  readonly origin: string;
}

/** Credentials that never change. */
export function fixedCredentials(credentials: Credentials): CredentialSource {
  return { current: () => Promise.resolve(credentials), renew: () => false };
}
