// Settings as agents merge them. Made by `normalizeArkSettings`.

/** One or several ArkSettings, merged; absent means that nobody said anything. */
export interface CanonicalSettings {
  /** 0–2. */
  readonly temperature?: number;
  readonly outputFormat?: "structured-json" | "markdown" | "plain";
  readonly memoryBackend?: string;
  /** Texts by name; `persona` and `outputRules` have their own places. */
  readonly promptFragments: Readonly<Record<string, string>>;
  /** Each name once. */
  readonly fragments: readonly { readonly name: string; readonly text: string; readonly position: "append" | "prepend" }[];
  readonly mcpAllowlist?: readonly string[];
  readonly requireMCPAuth: boolean;
}
