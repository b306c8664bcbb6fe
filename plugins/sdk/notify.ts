// Telling somebody (SPEC §13).

/** What is told. The keys are those of the JSON body (B95). */
export interface Notification {
  readonly event: string;
  readonly team: string;
  readonly namespace: string;
  readonly phase?: string | undefined;
  readonly runName?: string | undefined;
  readonly failedStep?: string | undefined;
  readonly totalTokens?: number | undefined;
  readonly durationMs?: number | undefined;
  /** At most 500 characters. */
  readonly output?: string | undefined;
  readonly message?: string | undefined;
  readonly dashboardURL?: string | undefined;
  /** The rendered template of the channel, when it has one. */
  readonly text?: string | undefined;
}

/** A way to tell. Tries, back-off and rate limits are the caller's. */
export interface Notifier {
  send(notification: Notification, options: { readonly signal: AbortSignal }): Promise<void>;
  close?(): Promise<void>;
}
