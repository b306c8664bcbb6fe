// A notification policy as the notifier sees it: the other public shape folded in, defaults filled in. Made by `normalizeArkNotify`.
import type { NotifyEvent } from "../generated/types.ts";

type SecretKey = { readonly name: string; readonly key: string };

/** Who is told about what. */
export interface CanonicalNotify {
  readonly name: string;
  readonly namespace: string;
  /** Never empty: none listed means all. */
  readonly events: readonly NotifyEvent[];
  readonly channels: readonly CanonicalChannel[];
  /** At most `max` messages of one event of one team within `windowSeconds`; 0 seconds = no limit. */
  readonly rateLimit: { readonly windowSeconds: number; readonly max: number };
}

/** Where messages go. `templates` holds the texts of single events, which go before `template`. */
export type CanonicalChannel = {
  readonly template?: string;
  readonly templates: Readonly<Partial<Record<NotifyEvent, string>>>;
} & (
  | {
      readonly is: "webhook";
      /** The address, or the Secret's key that holds it. */
      readonly url: string | SecretKey;
      readonly method: "GET" | "POST" | "PUT" | "PATCH";
      readonly headers: readonly { readonly name: string; readonly value?: string; readonly secretKeyRef?: SecretKey }[];
      readonly signingSecret?: SecretKey;
    }
  | { readonly is: "slack"; readonly url: SecretKey }
  | { readonly is: "plugin"; readonly plugin: string }
);
