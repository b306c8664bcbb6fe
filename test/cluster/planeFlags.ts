// How each program of the control plane is started. All paths are relative to the cluster's folder, in which they all run: a socket's
// path ends at 107 bytes. Facts of Kubernetes 1.36 and etcd 3.6.

/** Where everything listens. */
export const HOST = "127.0.0.1";

/** etcd's only door for clients: no port to collide on. */
export const ETCD_SOCKET = "etcd.sock";

/** etcd with nothing but speed in mind: no file of it has to survive. */
export function etcdFlags(): string[] {
  const nowhere = `http://${HOST}:0`; // a lone member never meets a peer, and etcd takes no socket file here
  return [
    "--name=one",
    "--data-dir=etcd",
    "--unsafe-no-fsync",
    "--log-level=warn",
    `--listen-client-urls=unix://${ETCD_SOCKET}`,
    "--advertise-client-urls=http://localhost:0",
    `--listen-peer-urls=${nowhere}`,
    `--initial-advertise-peer-urls=${nowhere}`,
    `--initial-cluster=one=${nowhere}`,
  ];
}

/** kube-apiserver with the admission plugins it has by default. */
export function apiServerFlags(port: number): string[] {
  return [
    `--etcd-servers=unix://${ETCD_SOCKET}`,
    `--bind-address=${HOST}`,
    `--secure-port=${port}`,
    // Without an address of its own to advertise it looks for a default route, which an offline machine lacks; and it cannot write
    // itself into Endpoints, which refuse loopback.
    `--advertise-address=${HOST}`,
    "--endpoint-reconciler-type=none",
    "--tls-cert-file=pki/apiserver.crt",
    "--tls-private-key-file=pki/apiserver.key",
    "--client-ca-file=pki/ca.crt",
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    "--service-account-key-file=pki/service-account.key",
    "--service-account-signing-key-file=pki/service-account.key",
    // An authority of its own: with the clients' one, any client could claim to be the aggregator and so to be anybody.
    "--requestheader-client-ca-file=pki/front-proxy-ca.crt",
    "--requestheader-allowed-names=front-proxy-client",
    "--requestheader-username-headers=X-Remote-User",
    "--requestheader-group-headers=X-Remote-Group",
    "--requestheader-extra-headers-prefix=X-Remote-Extra-",
    "--proxy-client-cert-file=pki/front-proxy-client.crt",
    "--proxy-client-key-file=pki/front-proxy-client.key",
    "--kubelet-client-certificate=pki/kubelet-client.crt",
    "--kubelet-client-key=pki/kubelet-client.key",
    "--kubelet-certificate-authority=pki/ca.crt",
    "--kubelet-preferred-address-types=InternalIP",
    "--authorization-mode=Node,RBAC",
    "--allow-privileged=true", // else it refuses such pods before pod security gets to see them
    "--service-cluster-ip-range=10.96.0.0/16",
    // A list that goes on is read from etcd and not from a snapshot, which forgets only 15 s after etcd does: compacting is a 410 at once.
    "--feature-gates=ListFromCacheSnapshot=false",
    "--enable-aggregator-routing=true", // goes to endpoints itself: there is no kube-proxy
  ];
}

/** The default of 20 requests a second would make the 30 service accounts at start take seconds. */
const UNTHROTTLED = ["--kube-api-qps=1000", "--kube-api-burst=2000"];
/** One of each and no port of its own; a lease left by a killed one would have to run out first. */
const ALONE = ["--leader-elect=false", "--secure-port=0"];

/** kube-controller-manager with all controllers, each as its own service account. */
export function controllerManagerFlags(): string[] {
  return [
    "--kubeconfig=pki/controller-manager.kubeconfig",
    "--use-service-account-credentials=true",
    "--service-account-private-key-file=pki/service-account.key",
    "--root-ca-file=pki/ca.crt",
    "--cluster-signing-cert-file=pki/ca.crt",
    "--cluster-signing-key-file=pki/ca.key",
    ...UNTHROTTLED,
    ...ALONE,
  ];
}

/** kube-scheduler as it comes. */
export function schedulerFlags(): string[] {
  return ["--kubeconfig=pki/scheduler.kubeconfig", ...UNTHROTTLED, ...ALONE];
}
