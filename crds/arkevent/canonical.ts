// An event as everything behind admission sees it: older names folded in (B2), defaults filled in. Made by `normalizeArkEvent`.

/** An event, whole. */
export interface CanonicalEvent {
  readonly name: string;
  readonly namespace: string;
  readonly source: CanonicalEventSource;
  readonly targets: readonly CanonicalTarget[];
  readonly concurrencyPolicy: "Allow" | "Forbid" | "Replace";
  readonly suspended: boolean;
  readonly auth: CanonicalEventAuth;
}

/** What fires it. */
export type CanonicalEventSource =
  | { readonly type: "cron"; readonly cron: string; readonly timeZone: string; readonly startingDeadlineSeconds?: number }
  | { readonly type: "webhook" }
  | { readonly type: "team-output"; readonly team: string; readonly onPhase: "Succeeded" | "Failed" | "*" };

/** What it starts; templates by key. */
export type CanonicalTarget = { readonly input: Readonly<Record<string, string>> } & (
  | { readonly is: "team"; readonly team: string }
  | { readonly is: "agent"; readonly agent: string; readonly prompt: string }
);

/** How callers of the webhook prove who they are. */
export type CanonicalEventAuth =
  | { readonly type: "token" }
  | { readonly type: "hmac"; readonly secretKeyRef: { readonly name: string; readonly key: string }; readonly header: string };
