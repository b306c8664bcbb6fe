// The figures of `ark-server`, in Prometheus' format. Labels are kinds and outcomes: nothing that strangers can invent.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { ReviewOutcome } from "../../webhook/index.ts";

/** What is asked for at each scrape. */
export interface ServerFigures {
  /** When the serving certificate ends, ms since the epoch. */
  certificateExpiresMs(): number;
  /** How long the store has not heard of the API server. */
  storeAgeMs(): number;
}

/** The registry, and where reviews are counted. */
export interface ServerMetrics {
  onReview(outcome: ReviewOutcome): void;
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Most reviews take well under a millisecond. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Metrics of one server. */
export function serverMetrics(figures: ServerFigures): ServerMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const reviews = new Counter({
    name: "ark_admission_reviews_total",
    help: "Admission reviews by path, kind and outcome: allowed, denied by a rule, refused as no review, failed by a fault of the server",
    labelNames: ["path", "kind", "outcome"],
    registers,
  });
  const seconds = new Histogram({
    name: "ark_admission_review_duration_seconds",
    help: "Time from a review's headers to its answer",
    labelNames: ["path"],
    buckets: SECONDS,
    registers,
  });
  new Gauge({
    name: "ark_certificate_expiry_seconds",
    help: "When the serving certificate expires, seconds since the epoch",
    registers,
    collect() {
      this.set(figures.certificateExpiresMs() / 1_000);
    },
  });
  new Gauge({
    name: "ark_store_age_seconds",
    help: "How long ago the API server was last heard of",
    registers,
    collect() {
      this.set(figures.storeAgeMs() / 1_000);
    },
  });
  // Looking up labels would cost more than counting: each combination is looked up once. There are few, and none is a stranger's.
  const children = new Map<string, { inc(): void; observe(took: number): void }>();
  return {
    onReview({ path, kind, outcome, seconds: took }) {
      const key = `${path} ${kind} ${outcome}`;
      let child = children.get(key);
      if (!child) {
        const [counter, histogram] = [reviews.labels({ path, kind, outcome }), seconds.labels({ path })];
        child = { inc: () => counter.inc(), observe: (value) => histogram.observe(value) };
        children.set(key, child);
      }
      child.inc();
      child.observe(took);
    },
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}
