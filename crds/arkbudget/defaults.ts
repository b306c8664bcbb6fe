// What a budget has where its author said nothing (SPEC §2.10).

/** Time after which counting starts again. */
export const DEFAULT_PERIOD = "monthly";

/** Per cent of the limit at which a warning is sent. */
export const DEFAULT_WARN_AT = 80;
