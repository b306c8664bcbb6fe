// `ark-server` put together: the cluster, the certificate, the HTTPS server, and their orderly end.
import { connect } from "../../controller/kit/client/index.ts";
import type { Clock, Log } from "../../plugins/sdk/index.ts";
import {
  CERTIFICATE_SECRET,
  CONFIGURATION_NAME,
  clusterObjects,
  fileCertificate,
  keepCertificate,
  loadServiceRoutes,
  mayApprove,
  type ReviewOutcome,
  startServer,
  VerdictCache,
  type WebhookServer,
} from "../../webhook/index.ts";
import type { ServerOptions } from "./options.ts";
import type { ServerMetrics } from "./serverMetrics.ts";

/** What serving takes of the process. */
export interface ServeParts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Ends it: drains, then resolves. */
  readonly stopping: AbortSignal;
  /** Told once it listens. */
  onListening?(server: WebhookServer): void;
}

/** Reviews that wait already go first: beginning to follow objects takes the processor for 30 ms, most of it for TLS. */
const FOLLOW_AFTER_MS = 50;

/** Serves until `stopping`, then drains. Rejects when it cannot start. */
export async function serve(options: ServerOptions, parts: ServeParts): Promise<void> {
  const { clock, random, log, stopping } = parts;
  const { kubeconfig, context } = options;
  const connection = await connect(
    { kubeconfig, context, namespace: options.namespace },
    { ...parts, interactive: false, onPluginOutput: (text) => log.warn("a credential plugin says", { text }) },
  );
  log.info("connected", { cluster: connection.server, from: connection.origin });
  const { client } = connection;
  const objects = clusterObjects({ client, clock, random, log });
  let server: WebhookServer | undefined;
  try {
    const onCertificate = (certificate: { readonly cert: string; readonly key: string }): void => {
      log.info("serving a new certificate");
      server?.use(certificate);
    };
    const keeper = await (options.certDir !== undefined
      ? fileCertificate({ folder: options.certDir, clock, log, onCertificate, signal: stopping })
      : keepCertificate({
          client,
          clock,
          random,
          log,
          namespace: options.namespace,
          secret: CERTIFICATE_SECRET,
          configurations: CONFIGURATION_NAME,
          hosts: hostsOf(options),
          lifetimes: options.lifetimes,
          onCertificate,
          signal: stopping,
        }));
    const metrics = lazily(async () => {
      const { serverMetrics } = await import("./serverMetrics.ts");
      return serverMetrics({ certificateExpiresMs: () => keeper.expiresAtMs(), storeAgeMs: () => objects.ageMs() });
    });
    let counted: ServerMetrics | undefined;
    const onReview = (outcome: ReviewOutcome): void => {
      if (counted) return counted.onReview(outcome);
      void metrics().then((known) => {
        counted = known;
        known.onReview(outcome);
      });
    };
    try {
      server = await startServer(options.address, {
        certificate: keeper.current(),
        objects,
        answers: new VerdictCache(),
        mayApprove: (review, signal) => mayApprove(client, review, signal),
        clock,
        log,
        onReview,
        rest: async () => {
          const serviceRoutes = await loadServiceRoutes();
          return serviceRoutes({
            readiness: () => [
              { name: "serving", ready: !stopping.aborted, message: stopping.aborted ? "the server is stopping" : undefined },
              {
                name: "store",
                ready: objects.isSynced,
                message: objects.isSynced ? undefined : "teams and settings have not been listed yet",
              },
            ],
            metrics: async () => (await metrics()).render(),
          });
        },
      });
      log.info("serving", { port: server.port });
      clock.after(FOLLOW_AFTER_MS, () => objects.start());
      parts.onListening?.(server);
      await aborted(stopping);
      log.info("stopping: going on until no new connections come", { delayMs: options.shutdownDelayMs });
      server.leave(); // closing a kept connection at the end would meet a request that is on its way
      await clock.sleep(options.shutdownDelayMs);
      await server.drain(options.graceMs);
    } finally {
      await keeper.stop();
    }
  } finally {
    await objects.stop();
    await connection.close();
    log.info("stopped");
  }
}

/** Every name that the API server may ask for us by. */
function hostsOf({ service, namespace, certHosts }: ServerOptions): string[] {
  const name = `${service}.${namespace}`;
  return [`${name}.svc`, `${name}.svc.cluster.local`, name, ...certHosts];
}

/** Made when first asked for, once. */
function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
