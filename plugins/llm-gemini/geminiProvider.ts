// One turn with Gemini, by its REST API: a small client of our own, since Google's SDK would be a second copy of everything we need.
import {
  callVendor,
  type JsonObject,
  type LlmProvider,
  type PluginHost,
  type Refusal,
  readJson,
  type VendorCall,
  vectorsOf,
  vendorOf,
} from "../sdk/index.ts";
import { readGenerated } from "./generateAnswer.ts";
import { generateRequest } from "./generateRequest.ts";

const DEFAULT_BASE_URL = "https://generativelanguage.googleapis.com/v1beta";
const DEFAULT_EMBEDDING_MODEL = "gemini-embedding-001";
const EMBEDDING_BATCH = 100; // the API's own limit
const MAX_MODELS = 1_000; // models of one process; what was dropped is learned again

/** The provider. Options win over the environment. */
export function createGemini(options: Readonly<Record<string, unknown>>, host: PluginHost): LlmProvider {
  const given = vendorOf("gemini", DEFAULT_BASE_URL, options, host);
  const vendor = { ...given, baseURL: versioned(given.baseURL) };
  const post = (call: VendorCall, model: string, method: string, body: JsonObject): Promise<Response> =>
    call.fetch(`${vendor.baseURL}/models/${encodeURIComponent(model.replace(/^models\//u, ""))}:${method}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(vendor.apiKey === undefined ? {} : { "x-goog-api-key": vendor.apiKey }) },
      body: JSON.stringify(body),
    });
  const withoutSchema = new Set<string>();
  return {
    async complete(request, { signal, onText }) {
      for (;;) {
        const withSchema = request.responseSchema !== undefined && request.tools.length === 0 && !withoutSchema.has(request.model);
        let again = false;
        const learn = ({ status, text }: Refusal): void => {
          again = withSchema && status === 400 && /response_?(json_?)?schema|response_?mime|json mode|\bschema\b/iu.test(text);
        };
        try {
          return await callVendor(
            vendor,
            signal,
            async (call) => {
              const response = await post(call, request.model, "streamGenerateContent?alt=sse", generateRequest(request, withSchema));
              return readGenerated(vendor, response, request, onText);
            },
            learn,
          );
        } catch (error) {
          if (!again) throw error; // nothing was said yet when an endpoint refuses, so asking again is safe
          if (withoutSchema.size >= MAX_MODELS) withoutSchema.clear();
          withoutSchema.add(request.model);
          host.log.debug("the model takes no answer schema", { model: request.model });
        }
      }
    },

    async embed(texts, { signal, model }) {
      const wanted = model ?? (typeof options["embeddingModel"] === "string" ? options["embeddingModel"] : DEFAULT_EMBEDDING_MODEL);
      const name = `models/${wanted.replace(/^models\//u, "")}`;
      const vectors: number[][] = [];
      for (let at = 0; at < texts.length; at += EMBEDDING_BATCH) {
        const batch = texts.slice(at, at + EMBEDDING_BATCH);
        const requests = batch.map((text) => ({ model: name, content: { parts: [{ text }] } }));
        const body = await callVendor(vendor, signal, async (call) =>
          readJson(vendor, await post(call, wanted, "batchEmbedContents", { requests })),
        );
        vectors.push(...vectorsOf(vendor, embeddingsOf(body), batch.length));
      }
      return texts.length === 0 ? [] : vectorsOf(vendor, vectors, texts.length);
    },
  };
}

/** The address with the API's version: many write the host alone, or the address of Google's imitation of OpenAI, whose parent it is. */
function versioned(baseURL: string): string {
  const bare = baseURL.replace(/\/+$/u, "").replace(/\/openai$/u, "");
  return /^https?:\/\/[^/]+$/u.test(bare) ? `${bare}/v1beta` : bare;
}

function embeddingsOf(body: unknown): readonly unknown[] {
  const list =
    typeof body === "object" && body !== null && "embeddings" in body && Array.isArray(body.embeddings)
      ? (body.embeddings as unknown[])
      : [];
  return list.map((item) => (typeof item === "object" && item !== null && "values" in item ? item.values : undefined));
}
