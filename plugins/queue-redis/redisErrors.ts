// What Redis, or the way to it, says no with. Messages name the server without its password, and the way out.

/** The server cannot be reached, or does not answer in time: tell it again later. */
export class RedisUnavailable extends Error {
  override readonly name = "RedisUnavailable";
}

/** What a refusal is about. */
export type RefusalCode = "auth" | "rights" | "memory" | "readonly" | "disk" | "loading" | "other";

/** The server has answered no. */
export class RedisRefused extends Error {
  override readonly name = "RedisRefused";
  readonly code: RefusalCode;
  constructor(code: RefusalCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const REFUSALS: readonly { readonly begins: RegExp; readonly code: RefusalCode; readonly wayOut: string }[] = [
  { begins: /^(WRONGPASS|NOAUTH|ERR AUTH|ERR invalid password)/, code: "auth", wayOut: "check the user and password in REDIS_URL" },
  { begins: /^NOPERM/, code: "rights", wayOut: "its user lacks a right; see docs/queue.md" },
  { begins: /^OOM/, code: "memory", wayOut: "it is full: raise maxmemory, or drop what is not needed" },
  { begins: /^READONLY/, code: "readonly", wayOut: "it is a replica; REDIS_URL has to lead to the primary" },
  { begins: /^MISCONF/, code: "disk", wayOut: "it cannot write to its disk; see its log" },
  { begins: /^(LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN)/, code: "loading", wayOut: "it is starting or failing over; this passes" },
];

/** The error of ours for whatever the client library threw. */
export function redisError(error: unknown, server: string): RedisRefused | RedisUnavailable {
  if (error instanceof RedisRefused || error instanceof RedisUnavailable) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Error && error.name === "ReplyError") {
    const found = REFUSALS.find(({ begins }) => begins.test(message));
    const said = message.split("\n", 1)[0]?.slice(0, 200) ?? "";
    if (found) return new RedisRefused(found.code, `Redis at ${server} refuses: ${said}; ${found.wayOut}`, { cause: error });
    return new RedisRefused("other", `Redis at ${server} refuses: ${said}`, { cause: error });
  }
  const wayOut =
    UNREACHABLE.find(({ says }) => says.test(`${codeOf(error)} ${message}`))?.wayOut ??
    "check REDIS_URL (rediss:// is for TLS) and that the server runs";
  return new RedisUnavailable(`cannot reach Redis at ${server} (${message}); ${wayOut}`, { cause: error });
}

/** The ways of TLS to fail, by Node's codes. */
const UNREACHABLE: readonly { readonly says: RegExp; readonly wayOut: string }[] = [
  {
    says: /SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|CERT_UNTRUSTED|UNABLE_TO_GET_ISSUER/,
    wayOut: "its certificate is not trusted: name the CA in NODE_EXTRA_CA_CERTS",
  },
  { says: /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/, wayOut: "renew its certificate, or mend the clock" },
  { says: /ERR_TLS_CERT_ALTNAME_INVALID/, wayOut: "REDIS_URL has to name a host that its certificate is for" },
  { says: /WRONG_VERSION_NUMBER|wrong version number|ERR_SSL|EPROTO/, wayOut: "it does not speak TLS there: write redis:// in REDIS_URL" },
];

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");
