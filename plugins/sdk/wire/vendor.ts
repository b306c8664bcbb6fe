// Whom a provider talks to, and one exchange with them. An exchange owns its socket: when it is over, by an answer, an error or an
// abort, nothing of it is left, and what it throws is a ProviderError or the caller's own reason.
import { isProviderError, type ProviderError } from "../errors.ts";
import type { Clock } from "../host/clock.ts";
import { createRedactor } from "../host/redact.ts";
import type { PluginHost } from "../plugin.ts";
import { MAX_REFUSAL_BYTES } from "./limits.ts";
import { readText } from "./readText.ts";
import { isNetworkError, networkError, type Refusal, refusalError, shownURL, vendorError } from "./vendorError.ts";

/** An endpoint, and the words by which its user knows it. */
export interface Vendor {
  /** As in `provider:`. */
  readonly name: string;
  readonly baseURL: string;
  /** The variable that says where it is, for the way out of an error. */
  readonly baseURLVariable: string;
  /** Absent: the endpoint asks for none. */
  readonly apiKey: string | undefined;
  readonly keyVariable: string;
  /** Hides the key, and what looks like one. */
  readonly redact: (text: string) => string;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
}

/** The vendor that the options `baseURL` and `apiKey` describe, or else `<NAME>_BASE_URL` and `<NAME>_API_KEY`, or else its own address. */
export function vendorOf(name: string, defaultBaseURL: string, options: Readonly<Record<string, unknown>>, host: PluginHost): Vendor {
  const given = (option: string, variable: string): string | undefined => {
    const value = typeof options[option] === "string" ? options[option] : host.secret(variable);
    return value?.trim() || undefined; // Secrets made with `echo` end with a newline
  };
  const [baseURLVariable, keyVariable] = [`${name.toUpperCase()}_BASE_URL`, `${name.toUpperCase()}_API_KEY`];
  const apiKey = given("apiKey", keyVariable);
  const redactor = createRedactor();
  if (apiKey !== undefined) redactor.register(apiKey);
  return {
    name,
    baseURL: given("baseURL", baseURLVariable) ?? defaultBaseURL,
    baseURLVariable,
    apiKey,
    keyVariable,
    redact: (text) => redactor.text(text),
    fetch: host.fetch,
    clock: host.clock,
  };
}

/** Made once: an error of its own for every exchange, with its stack, costs more than the rest of it. */
const OVER = new Error("the exchange is over");

/** One exchange: its own signal, a fetch that answers with nothing but a success, and what was refused. */
export interface VendorCall {
  readonly signal: AbortSignal;
  readonly fetch: typeof globalThis.fetch;
}

/**
 * Makes one exchange. `fetch` of the call follows no redirect (keys would go with it) and turns every answer outside 2xx into a
 * ProviderError. Aborted, this rejects with `signal.reason`.
 * @param refused sees each refusal before it is thrown: a provider that can ask in another way remembers it there
 */
export async function callVendor<T>(
  vendor: Vendor,
  signal: AbortSignal,
  exchange: (call: VendorCall) => Promise<T>,
  refused: (refusal: Refusal) => void = () => undefined,
): Promise<T> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  let answered: Response | undefined;
  let known: ProviderError | undefined; // SDKs wrap what fetch throws, and not always with its cause
  const know = (error: ProviderError): ProviderError => (known = error);
  const guarded: typeof globalThis.fetch = async (input, init) => {
    const response = await vendor.fetch(input, { ...init, redirect: "manual", signal: controller.signal }).catch((error: unknown) => {
      throw know(isProviderError(error) ? error : networkError(vendor, error));
    });
    if (response.ok) return (answered = response);
    const text = await readText(response, MAX_REFUSAL_BYTES).catch(() => "");
    if (response.status >= 300 && response.status < 400) throw know(redirectError(vendor, response));
    const refusal = { status: response.status, text, headers: response.headers };
    refused(refusal);
    throw know(refusalError(vendor, refusal));
  };
  let isRead = false;
  try {
    if (!/^https?:$/u.test(URL.canParse(vendor.baseURL) ? new URL(vendor.baseURL).protocol : "")) {
      throw vendorError(
        vendor,
        "permanent",
        `cannot be reached: ${vendor.baseURLVariable} has to be an address that begins with http:// or https://`,
      );
    }
    const result = await exchange({ signal: controller.signal, fetch: guarded });
    isRead = answered?.bodyUsed === true;
    return result;
  } catch (error) {
    signal.throwIfAborted();
    if (known) throw known;
    if (isProviderError(error)) throw error;
    if (isNetworkError(error)) throw networkError(vendor, error);
    throw vendorError(vendor, "permanent", `could not be asked: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    signal.removeEventListener("abort", onAbort);
    if (!isRead) controller.abort(OVER); // ends the socket of an answer that nobody read
  }
}

function redirectError(vendor: Vendor, response: Response): ProviderError {
  const location = response.headers.get("location");
  const target =
    location !== null && URL.canParse(location, vendor.baseURL) ? ` to ${shownURL(new URL(location, vendor.baseURL).href)}` : "";
  return vendorError(
    vendor,
    "permanent",
    `answered ${response.status}, a redirect${target}, which is not followed; put the final address into ${vendor.baseURLVariable}`,
  );
}
