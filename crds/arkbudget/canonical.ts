/** A budget with defaults filled in. Made by `normalizeArkBudget`. */
export interface CanonicalBudget {
  readonly name: string;
  readonly namespace: string;
  /** Whose spending counts; neither: that of all in the namespace who refer to this budget. */
  readonly team?: string;
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly period: "daily" | "weekly" | "monthly";
  /** US dollars in one period. */
  readonly limitUSD: number;
  /** Per cent of the limit. */
  readonly warnAt: number;
  readonly hardStop: boolean;
  readonly notifyRef?: string;
}
