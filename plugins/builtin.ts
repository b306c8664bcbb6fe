// The plugins that come with the product. Nothing is imported before it is used: most runs need one provider of four.
import type { Plugin, PluginKind } from "./sdk/index.ts";

/** A plugin that is known before it is loaded. */
export interface BuiltinPlugin<K extends PluginKind = PluginKind> {
  readonly kind: K;
  readonly name: string;
  /** Globs of model ids, the same as the loaded plugin's; llm only. */
  readonly models?: readonly string[];
  readonly load: () => Promise<Plugin<K>>;
}

/** The providers. Claims are asked in this order; a model that none of them claims is openai's. */
export const BUILTIN_PROVIDERS: readonly BuiltinPlugin<"llm">[] = [
  { kind: "llm", name: "anthropic", models: ["claude-*"], load: async () => (await import("./llm-anthropic/index.ts")).default },
  { kind: "llm", name: "gemini", models: ["gemini-*"], load: async () => (await import("./llm-gemini/index.ts")).default },
  { kind: "llm", name: "mock", models: ["mock"], load: async () => (await import("./llm-mock/index.ts")).default },
  {
    kind: "llm",
    name: "openai",
    models: ["gpt-*", "o1*", "o3*", "o4*", "chatgpt-*"],
    load: async () => (await import("./llm-openai/index.ts")).default,
  },
];

/** All of them. */
export const BUILTIN_PLUGINS: readonly BuiltinPlugin[] = [
  ...BUILTIN_PROVIDERS,
  { kind: "memory", name: "in-context", load: async () => (await import("./memory-in-context/index.ts")).default },
  { kind: "memory", name: "redis", load: async () => (await import("./memory-redis/index.ts")).default },
  { kind: "queue", name: "redis", load: async () => (await import("./queue-redis/index.ts")).default },
  { kind: "queue", name: "memory", load: async () => (await import("./queue-memory/index.ts")).default },
];
