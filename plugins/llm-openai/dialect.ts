// Endpoints that speak chat completions speak them differently, and say so only when asked wrongly. A refusal with 400 that names a
// parameter changes how this model is asked from then on; nothing is guessed from a model's name.
import type { Refusal } from "../sdk/index.ts";

type TokenLimit = "max_completion_tokens" | "max_tokens";

/** How one model of one endpoint wants to be asked. */
export interface Dialect {
  /** Names of the limit that are left to try; the first is used, none means that it cannot be said. */
  readonly tokenLimits: readonly TokenLimit[];
  readonly temperature: boolean;
  readonly responseFormat: "json_schema" | "json_object" | "none";
  readonly streamOptions: boolean;
}

/** The first try: OpenAI itself takes the new name of the limit, everybody else knows the old one. */
export function firstDialect(baseURL: string): Dialect {
  const own = URL.canParse(baseURL) && /(^|\.)openai\.com$/u.test(new URL(baseURL).hostname);
  return {
    tokenLimits: own ? ["max_completion_tokens", "max_tokens"] : ["max_tokens", "max_completion_tokens"],
    temperature: true,
    responseFormat: "json_schema",
    streamOptions: true,
  };
}

/** The dialect to try after a refusal, or undefined when the refusal is not about how we asked. Each step takes something away, so it ends. */
export function dialectAfter(dialect: Dialect, refusal: Refusal, asked: { readonly schema: boolean }): Dialect | undefined {
  if (refusal.status !== 400 && refusal.status !== 422) return undefined;
  const names = (word: RegExp): boolean => word.test(refusal.text);
  if (dialect.streamOptions && names(/stream_options|include_usage/u)) return { ...dialect, streamOptions: false };
  if (asked.schema && dialect.responseFormat !== "none" && names(/response_format|json_schema|json_object|guided|grammar/iu)) {
    return { ...dialect, responseFormat: dialect.responseFormat === "json_schema" ? "json_object" : "none" };
  }
  const [limit] = dialect.tokenLimits;
  const unknown = names(/unsupported|not supported|unrecogni[sz]ed|unknown|unexpected|extra|not permitted|not allowed/iu);
  if (limit !== undefined && unknown && names(new RegExp(`\\b${limit}\\b`, "u"))) {
    return { ...dialect, tokenLimits: dialect.tokenLimits.slice(1) };
  }
  return dialect.temperature && names(/\btemperature\b/u) ? { ...dialect, temperature: false } : undefined;
}
