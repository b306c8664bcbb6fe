// What a service has where its author said nothing (SPEC §2.7).

/** Port by protocol. */
export const DEFAULT_PORTS = { HTTP: 8081, A2A: 8080 } as const;
