// Is this value a plugin, and is what it made a product? The checks of B122, in their order; the first that fails is the reason.
import type { JsonObject } from "../../../crds/json.ts";
import { PLUGIN_API_VERSION, PLUGIN_KINDS, type Plugin, type PluginKind } from "../plugin.ts";
import { isRecord } from "./config.ts";

/** One line of a name: what `provider:`, `backend:`, `channels[].type` can say. */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const MAX_MODELS = 100;
const MAX_GLOB = 256;

/** A plugin without what it does: all that can be known without running it. */
export interface PluginManifest {
  readonly kind: PluginKind;
  readonly name: string;
  readonly models: readonly string[];
  readonly options: JsonObject | undefined;
}

/** The methods of each kind's product, and of the parts of a queue's. */
const PRODUCTS: Readonly<Record<PluginKind, readonly string[]>> = {
  llm: ["complete"],
  memory: ["recall", "remember", "forget", "health"],
  notify: ["send"],
  queue: [],
};
const QUEUE_PARTS: Readonly<Record<string, readonly string[]>> = {
  tasks: ["enqueue", "claim", "extend", "complete", "fail", "release", "depth", "close"],
  control: ["cancel", "look", "events", "forget", "inbox"],
  deadLetters: ["list", "read", "drop"],
  blobs: ["put", "get", "drop"],
  ledger: ["reserve", "settle", "changed", "charged"],
  journal: ["append", "read", "drop"],
  agents: ["report", "list"],
};

/**
 * What the value says of itself.
 * @throws Error with the first thing that is wrong
 */
export function manifestOf(value: unknown): PluginManifest {
  if (!isRecord(value)) throw new Error("it has to export a plugin as its default: export default definePlugin({ … })");
  const { apiVersion, kind, name, models, options } = value as Readonly<Record<keyof Plugin, unknown>>;
  if (typeof apiVersion !== "string" || majorOf(apiVersion) !== majorOf(PLUGIN_API_VERSION)) {
    throw new Error(`apiVersion ${shown(apiVersion)} is not understood; this release loads ${PLUGIN_API_VERSION}`);
  }
  const known = PLUGIN_KINDS.find((one) => one === kind);
  if (known === undefined) throw new Error(`kind ${shown(kind)} is unknown; it is one of ${PLUGIN_KINDS.join(", ")}`);
  if (typeof name !== "string" || !NAME.test(name))
    throw new Error(`name ${shown(name)} has to be lower-case letters, digits and hyphens, at most 63`);
  if (models !== undefined && (known !== "llm" || !areGlobs(models))) {
    throw new Error(`models has to be a list of at most ${MAX_MODELS} globs of model ids, and belongs to kind llm alone`);
  }
  if (options !== undefined && !isRecord(options)) throw new Error("options has to be a JSON Schema of its options");
  return { kind: known, name, models: models === undefined ? [] : [...models], options: options as JsonObject | undefined };
}

/** Whether it can be made; part of the shape, which comes before everything else. */
export function hasCreate(value: unknown): value is { create: (...args: never) => unknown } {
  return isRecord(value) && typeof value["create"] === "function";
}

/** What is missing from a product; undefined when it is whole. */
export function missingOf(kind: PluginKind, product: unknown): string | undefined {
  if (!isObject(product)) return "create has to return an object";
  const method = PRODUCTS[kind].find((name) => typeof product[name] !== "function");
  if (method !== undefined) return `what create returned has no method ${method}`;
  if (kind !== "queue") return undefined;
  for (const [part, methods] of Object.entries(QUEUE_PARTS)) {
    const made = product[part];
    if (!isObject(made)) return `what create returned has no ${part}`;
    const missing = methods.find((name) => typeof made[name] !== "function");
    if (missing !== undefined) return `what create returned has no method ${part}.${missing}`;
  }
  return undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** `plugin.arkonis.dev/v1` of `plugin.arkonis.dev/v1.4`. */
function majorOf(apiVersion: string): string {
  return apiVersion.split(".").slice(0, 3).join(".");
}

function areGlobs(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length <= MAX_MODELS &&
    value.every((glob) => typeof glob === "string" && glob !== "" && glob.length <= MAX_GLOB)
  );
}

function shown(value: unknown): string {
  return typeof value === "string" ? `"${value.slice(0, 80)}"` : `of type ${value === null ? "null" : typeof value}`;
}
