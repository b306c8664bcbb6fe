// One turn with Anthropic's messages API. The vendor's SDK writes the request; the answer is read by ours, which has bounds.
import type Anthropic from "@anthropic-ai/sdk";
import { callVendor, type LlmProvider, type PluginHost, type Refusal, type Vendor, type VendorCall, vendorOf } from "../sdk/index.ts";
import { readMessage } from "./messagesAnswer.ts";
import { type Abilities, messagesRequest } from "./messagesRequest.ts";

const DEFAULT_BASE_URL = "https://api.anthropic.com";
const MAX_MODELS = 1_000; // models of one process; what was dropped is learned again
const NO_TIMEOUT_MS = 2_147_483_647; // the SDK's own timer; whoever calls has a signal

/** The provider. Options win over the environment; the vendor's SDK is loaded with the first call. */
export function createAnthropic(options: Readonly<Record<string, unknown>>, host: PluginHost): LlmProvider {
  const given = vendorOf("anthropic", DEFAULT_BASE_URL, options, host);
  const vendor = { ...given, baseURL: given.baseURL.replace(/\/+(v1\/*)?$/u, "") }; // the SDK adds /v1 itself
  const abilities = new Map<string, Abilities>();
  return {
    async complete(request, { signal, onText }) {
      for (;;) {
        const able = abilities.get(request.model) ?? { temperature: true, outputFormat: true };
        let next: Abilities | undefined;
        const learn = (refusal: Refusal): void => {
          next = abilitiesAfter(able, refusal, request.responseSchema !== undefined);
        };
        try {
          return await callVendor(
            vendor,
            signal,
            async (call) => {
              const client = await clientOf(vendor, call);
              const response = await client.messages.create(messagesRequest(request, able), { signal: call.signal }).asResponse();
              return readMessage(vendor, response, request, onText);
            },
            learn,
          );
        } catch (error) {
          if (next === undefined) throw error; // nothing was said yet when an endpoint refuses, so asking again is safe
          if (abilities.size >= MAX_MODELS) abilities.clear();
          abilities.set(request.model, next);
          host.log.debug("the model does not take all that it was asked with", { model: request.model, ...next });
        }
      }
    },
  };
}

/** What to leave out after a refusal, or undefined when it is not about how we asked. Each step takes something away, so it ends. */
function abilitiesAfter(able: Abilities, refusal: Refusal, withSchema: boolean): Abilities | undefined {
  if (refusal.status !== 400) return undefined;
  if (withSchema && able.outputFormat && /output_config|output_format|structured output|\bschema\b/iu.test(refusal.text)) {
    return { ...able, outputFormat: false };
  }
  return able.temperature && /\btemperature\b/u.test(refusal.text) ? { ...able, temperature: false } : undefined;
}

/** Imported once: a bundle builds the whole module's record anew with every import. */
let sdk: Promise<typeof import("@anthropic-ai/sdk")> | undefined;

/** A client for one call: the SDK knows its fetch per client only. A key is always given, or it would look for one on this machine. */
async function clientOf(vendor: Vendor, call: VendorCall): Promise<Anthropic> {
  sdk ??= import("@anthropic-ai/sdk");
  const { default: Client } = await sdk;
  return new Client({
    apiKey: vendor.apiKey ?? "none",
    defaultHeaders: vendor.apiKey === undefined ? { authorization: null } : {},
    webhookKey: null,
    baseURL: vendor.baseURL,
    fetch: call.fetch,
    maxRetries: 0,
    timeout: NO_TIMEOUT_MS,
    logLevel: "off",
  });
}
