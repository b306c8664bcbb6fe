// One turn with a chat completions endpoint. The vendor's SDK writes the request; the answer is read by ours, which has bounds.
import type OpenAI from "openai";
import {
  callVendor,
  type LlmProvider,
  type PluginHost,
  type Refusal,
  readJson,
  type Vendor,
  type VendorCall,
  vectorsOf,
  vendorOf,
} from "../sdk/index.ts";
import { readChatAnswer } from "./chatAnswer.ts";
import { chatRequest } from "./chatRequest.ts";
import { type Dialect, dialectAfter, firstDialect } from "./dialect.ts";

const DEFAULT_BASE_URL = "https://api.openai.com/v1";
const DEFAULT_EMBEDDING_MODEL = "text-embedding-3-small";
const EMBEDDING_BATCH = 256; // texts of one request: OpenAI takes 2,048, small servers a few hundred
const MAX_DIALECTS = 1_000; // models of one process; a dialect that was dropped is learned again
const NO_TIMEOUT_MS = 2_147_483_647; // the SDK's own timer; whoever calls has a signal

/** The provider. Options win over the environment; the vendor's SDK is loaded with the first call. */
export function createOpenAI(options: Readonly<Record<string, unknown>>, host: PluginHost): LlmProvider {
  const vendor = vendorOf("openai", DEFAULT_BASE_URL, options, host);
  const dialects = new Map<string, Dialect>();
  return {
    async complete(request, { signal, onText }) {
      for (;;) {
        const dialect = dialects.get(request.model) ?? firstDialect(vendor.baseURL);
        let next: Dialect | undefined;
        const learn = (refusal: Refusal): void => {
          next = dialectAfter(dialect, refusal, { schema: request.responseSchema !== undefined });
        };
        try {
          return await callVendor(
            vendor,
            signal,
            async (call) => {
              const client = await clientOf(vendor, call);
              const response = await client.chat.completions.create(chatRequest(request, dialect), { signal: call.signal }).asResponse();
              return readChatAnswer(vendor, response, request, onText);
            },
            learn,
          );
        } catch (error) {
          if (next === undefined) throw error; // nothing was said yet when an endpoint refuses, so asking again is safe
          if (dialects.size >= MAX_DIALECTS) dialects.clear();
          dialects.set(request.model, next);
          host.log.debug("the endpoint wants to be asked in another way", { model: request.model, ...next });
        }
      }
    },

    async embed(texts, { signal, model }) {
      const wanted = model ?? (typeof options["embeddingModel"] === "string" ? options["embeddingModel"] : DEFAULT_EMBEDDING_MODEL);
      const vectors: number[][] = [];
      for (let at = 0; at < texts.length; at += EMBEDDING_BATCH) {
        const input = texts.slice(at, at + EMBEDDING_BATCH);
        const body = await callVendor(vendor, signal, async (call) => {
          const client = await clientOf(vendor, call);
          const made = client.embeddings.create({ model: wanted, input: [...input], encoding_format: "float" }, { signal: call.signal });
          return readJson(vendor, await made.asResponse());
        });
        vectors.push(...vectorsOf(vendor, embeddingsOf(body), input.length));
      }
      return texts.length === 0 ? [] : vectorsOf(vendor, vectors, texts.length);
    },
  };
}

/** Imported once: a bundle builds the whole module's record anew with every import. */
let sdk: Promise<typeof import("openai")> | undefined;

/** A client for one call: the SDK knows its fetch per client only. What it would read from the environment is given, or ruled out. */
async function clientOf(vendor: Vendor, call: VendorCall): Promise<OpenAI> {
  sdk ??= import("openai");
  const { default: Client } = await sdk;
  return new Client({
    apiKey: vendor.apiKey ?? "none", // the SDK insists on one; without a key the header is left out
    defaultHeaders: vendor.apiKey === undefined ? { authorization: null } : {},
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: vendor.baseURL,
    fetch: call.fetch,
    maxRetries: 0,
    timeout: NO_TIMEOUT_MS,
    logLevel: "off",
  });
}

/** The vectors of an answer in the order of the texts: servers number them and need not sort them. */
function embeddingsOf(body: unknown): readonly unknown[] {
  const data = typeof body === "object" && body !== null && "data" in body && Array.isArray(body.data) ? (body.data as unknown[]) : [];
  const items = data.filter((item): item is { embedding?: unknown; index?: unknown } => typeof item === "object" && item !== null);
  const numbered = items.every((item) => typeof item.index === "number");
  const sorted = numbered ? items.toSorted((a, b) => Number(a.index) - Number(b.index)) : items;
  return sorted.map((item) => item.embedding);
}
