// Keeps a certificate of our own (B21): in a Secret that all replicas share, trusted by the objects that make API servers call us.
// Changes of any of them wake it; so does time. See rotation.ts for the steps, trust.ts for what keeps calls from failing.
import { webcrypto } from "node:crypto";
import { isIP } from "node:net";
import { KUBERNETES, type KubeClient, type Resource } from "../../controller/kit/client/index.ts";
import { startInformer } from "../../controller/kit/informer/index.ts";
import { backOffMs, type Clock, errorText, type Log } from "../../plugins/sdk/index.ts";
import { makeAuthority, makeLeaf } from "./authority.ts";
import { canonicalHost } from "./readCertificates.ts";
import { type CertificateLifetimes, rotationTimes } from "./rotation.ts";
import { Rotator } from "./rotator.ts";
import { sharedSecret } from "./sharedSecret.ts";
import { clusterPlaces, type TrustPlaceNames, trustPlacesOf } from "./trustPlaces.ts";

/** A certificate with its chain, and its key, PEM. */
export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

/** What keeping takes. */
export interface KeeperParts extends TrustPlaceNames {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  readonly namespace: string;
  /** Name of the Secret. */
  readonly secret: string;
  /** DNS names and IP addresses that the certificate is for. */
  readonly hosts: readonly string[];
  /** Connections from now on are to get this one: told of the first too, before `keepCertificate` resolves. */
  readonly onCertificate: (certificate: CertificatePair) => void;
  /** Ends waiting for the first certificate; afterwards, call `stop`. */
  readonly signal?: AbortSignal | undefined;
  readonly lifetimes?: Partial<CertificateLifetimes> | undefined;
}

/** A certificate that is kept fresh. */
export interface CertificateKeeper {
  /** The one to serve. */
  current(): CertificatePair;
  /** When that one ends, ms since the epoch. */
  expiresAtMs(): number;
  /** Resolves once nothing is under way any more. */
  stop(): Promise<void>;
}

const BACK_OFF = { firstMs: 200, maxMs: 10_000 };
/** However often things change, replicas that disagree do not make a storm of it. */
const MAX_HASTY_PASSES = 20;
const HASTE_PAUSE_MS = 1_000;
/** Replicas wake for the same reason: spread, one of them is the first. */
const SPREAD_MS = 250;

/**
 * Resolves once there is a certificate to serve; what goes wrong before is logged and tried again. Rejects with `signal.reason`.
 * @throws TypeError for a host that is neither a DNS name nor an address
 */
export async function keepCertificate(parts: KeeperParts): Promise<CertificateKeeper> {
  const keeper = new ClusterCertificateKeeper(parts);
  try {
    await keeper.ready(parts.signal);
    return keeper;
  } catch (error) {
    await keeper.stop();
    throw error;
  }
}

class ClusterCertificateKeeper implements CertificateKeeper {
  readonly #parts: KeeperParts;
  readonly #rotator: Rotator;
  readonly #informers: readonly { stop(): Promise<void> }[];
  readonly #stopping = new AbortController();
  readonly #loop: Promise<void>;
  readonly #first: Promise<void>;
  #arrived = (): void => undefined;
  /** Ends the pause between two passes. */
  #wake = (): void => undefined;
  #isDirty = false;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
    const { client, clock, log, namespace, secret, lifetimes } = parts;
    const { signal } = this.#stopping;
    const times = rotationTimes(lifetimes);
    const places = trustPlacesOf(parts);
    const hosts = parts.hosts.map(checkedHost);
    this.#first = new Promise((resolve) => {
      this.#arrived = resolve;
    });
    this.#rotator = new Rotator({
      shared: sharedSecret({ client, namespace, name: secret, signal }),
      places: clusterPlaces(client, places, signal),
      make: {
        authority: () => makeAuthority({ crypto: webcrypto, nowMs: clock.now(), lifetimeMs: times.caLifetimeMs }),
        leaf: (authority, names) => makeLeaf(authority, names, { crypto: webcrypto, nowMs: clock.now(), lifetimeMs: times.certLifetimeMs }),
      },
      times,
      hosts,
      clock,
      log,
      onServe: ({ cert, key }) => parts.onCertificate({ cert, key }),
    });
    const follow = (resource: Resource, name: string, inNamespace?: string): { stop(): Promise<void> } =>
      startInformer(resource, {
        ...parts,
        namespace: inNamespace,
        fieldSelector: `metadata.name=${name}`,
        trim: ({ apiVersion, kind, metadata }) => ({ apiVersion, kind, metadata }), // it only wakes: passes read for themselves
        onChange: () => this.#touch(),
      });
    this.#informers = [follow(KUBERNETES.secrets, secret, namespace), ...places.map(({ resource, name }) => follow(resource, name))];
    this.#loop = this.#run();
  }

  /** Resolves once there is something to serve. */
  async ready(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    let onAbort = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal?.reason as Error);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
    await Promise.race([this.#first, aborted]).finally(() => signal?.removeEventListener("abort", onAbort));
  }

  current(): CertificatePair {
    const { cert, key } = this.#served();
    return { cert, key };
  }

  expiresAtMs(): number {
    return this.#served().endsAtMs;
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error("the certificate's keeper is stopped"));
    await Promise.all([this.#loop, ...this.#informers.map((informer) => informer.stop())]);
  }

  #served(): NonNullable<Rotator["served"]> {
    const { served } = this.#rotator;
    if (!served) throw new Error("there is no certificate yet; wait for keepCertificate");
    return served;
  }

  /** Something has changed. */
  #touch(): void {
    this.#isDirty = true;
    this.#wake();
  }

  async #run(): Promise<void> {
    const { random, log } = this.#parts;
    const { signal } = this.#stopping;
    let [failures, hasty] = [0, 0];
    while (!signal.aborted) {
      this.#isDirty = false;
      let waitMs: number;
      try {
        waitMs = await this.#rotator.pass();
        failures = 0;
        if (this.#rotator.served) this.#arrived();
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        waitMs = backOffMs(BACK_OFF, failures, random);
        log.warn("cannot keep the webhooks' certificate; trying again", {
          error: errorText(error, { redact: (text) => text }),
          waitMs: Math.round(waitMs),
        });
      }
      hasty = waitMs === 0 ? hasty + 1 : 0;
      if (hasty >= MAX_HASTY_PASSES) waitMs = HASTE_PAUSE_MS;
      if (failures > 0 || hasty >= MAX_HASTY_PASSES) await this.#pause(waitMs, { mayWake: false });
      else if (waitMs > 0) await this.#pause(waitMs + random() * Math.min(SPREAD_MS, waitMs / 4), { mayWake: true });
    }
  }

  async #pause(ms: number, { mayWake }: { readonly mayWake: boolean }): Promise<void> {
    if (mayWake && this.#isDirty) return;
    const over = new AbortController();
    if (mayWake) this.#wake = () => over.abort();
    const signal = AbortSignal.any([this.#stopping.signal, over.signal]);
    await this.#parts.clock.sleep(ms, signal).catch(() => undefined);
  }
}

function checkedHost(host: string): string {
  if (isIP(host) !== 0 || /^(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(host)) return canonicalHost(host);
  throw new TypeError(`"${host}" is neither a DNS name nor an IP address: no certificate can be made for it`);
}
