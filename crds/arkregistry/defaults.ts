// What a registry has where its author said nothing (SPEC §2.9).

/** Lookups that may follow from each other. */
export const DEFAULT_LOOKUP_DEPTH = 3;
