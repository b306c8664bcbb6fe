// What an event has where its author said nothing (SPEC §2.4).

/** Zone of a schedule. */
export const DEFAULT_TIME_ZONE = "UTC";

/** Header of a signature, as Standard Webhooks names it. */
export const DEFAULT_SIGNATURE_HEADER = "webhook-signature";
