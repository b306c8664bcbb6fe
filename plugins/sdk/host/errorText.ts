import { cutUtf8 } from "./utf8.ts";

/** Causes of causes that are told. */
const MAX_CAUSES = 4;
const DEFAULT_MAX_BYTES = 1_024;

/** How an error is told: by whose redactor, and at what length. */
export interface ErrorTextOptions {
  readonly redact: (text: string) => string;
  readonly maxBytes?: number;
}

/**
 * What went wrong, in one line: the message and those of its causes, which are often where the reason is ("fetch failed" has it only
 * there). Never a stack; redacted first, then cut. Whatever was thrown, this does not throw.
 */
export function errorText(error: unknown, { redact, maxBytes = DEFAULT_MAX_BYTES }: ErrorTextOptions): string {
  const messages: string[] = [];
  let rest: unknown = error;
  for (let i = 0; i <= MAX_CAUSES && rest !== undefined && rest !== null; i++) {
    const message = messageOf(rest);
    if (message !== "" && !messages.some((said) => said.includes(message))) messages.push(message);
    rest = partOf(rest, "cause") ?? firstOf(partOf(rest, "errors"));
  }
  const line = messages.join(": ") || "unknown error";
  return cutUtf8(oneLine(redact(line)), maxBytes);
}

function messageOf(error: unknown): string {
  if (typeof error === "string") return error.trim();
  const message = partOf(error, "message");
  if (typeof message === "string" && message.trim() !== "") return message.trim();
  // A refused connection to several addresses has an empty message and its code beside it.
  for (const name of ["code", "name"]) {
    const text = partOf(error, name);
    if (typeof text === "string" && text !== "" && text !== "Error") return text;
  }
  return typeof error === "number" || typeof error === "bigint" || typeof error === "boolean" ? `${error}` : "";
}

/** A property, also of things whose getters throw. */
function partOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  try {
    return (value as Readonly<Record<string, unknown>>)[name];
  } catch {
    return undefined;
  }
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? (value as readonly unknown[])[0] : undefined;
}

/** Line breaks and other control characters as spaces: a message is one line of a log. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").trim();
}
