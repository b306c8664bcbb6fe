// A mock script (B102): what the mock answers, and to whom. It comes as an already loaded object; where a fault stands in the user's
// file is answered by `positionOf`, so that this room needs no YAML. Patterns are compiled by whoever hands the script in: they are
// the user's own, and only a linear-time engine may run them.
import type { JsonValue } from "../sdk/index.ts";
import { isObject, propertyOf, ScriptReader } from "./scriptReader.ts";

/** Something that a text is searched with. */
export interface TextPattern {
  test(text: string): boolean;
}

/** What one answer of the script is for; an absent part matches everything. */
export interface MockMatch {
  readonly role?: TextPattern;
  readonly prompt?: TextPattern;
  readonly system?: TextPattern;
  /** The n-th model call of the role in the run, from 1. */
  readonly call?: number;
}

/** A refusal in the words of HTTP. */
export interface MockError {
  readonly status: number;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

/** One answer. With none of text, json, toolCalls and error the mock echoes as if unscripted. `error` stands alone. */
export interface MockReply {
  readonly text?: string;
  readonly json?: JsonValue;
  readonly toolCalls?: readonly { readonly name: string; readonly args: JsonValue }[];
  readonly error?: MockError;
  readonly delayMs?: number;
  readonly usage?: { readonly inputTokens?: number; readonly outputTokens?: number };
}

/** A whole script: the first response that matches answers. */
export interface MockScript {
  readonly responses: readonly { readonly match: MockMatch; readonly reply: MockReply }[];
}

/** One thing wrong with a script, and where in the file. Lines and columns count from 1. */
export interface MockScriptFault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** What reading a script needs from outside. */
export interface MockScriptParts {
  /** Where a field stands, by its path: `responses[2].match.role`. */
  readonly positionOf: (path: string) => { readonly line: number; readonly column: number };
  /** Compiles a pattern in linear time; throws an Error that says what is wrong with it. */
  readonly compilePattern: (text: string) => TextPattern;
}

/** Longest wait of a scripted answer: what a timer can hold (2^31 − 1 ms, 24.8 days). */
const MAX_DELAY_MS = 2_147_483_647;

/** Either the script, or everything that is wrong with it, in the order of the file's fields. Never throws. */
export type MockScriptVerdict = { readonly script: MockScript } | { readonly faults: readonly MockScriptFault[] };

/** Reads a script that has been loaded from YAML or JSON (B102). */
export function mockScriptOf(document: JsonValue, parts: MockScriptParts): MockScriptVerdict {
  const reader = new ScriptReader(parts.positionOf);
  const script = readScript(document, reader, parts);
  return reader.faults.length === 0 ? { script } : { faults: reader.faults };
}

/** Whether a plugin option is a script that {@link mockScriptOf} has made. */
export function isMockScript(value: unknown): value is MockScript {
  if (typeof value !== "object" || value === null || !("responses" in value) || !Array.isArray(value.responses)) return false;
  return value.responses.every((response: unknown) => isObject(response) && isObject(response["match"]) && isObject(response["reply"]));
}

function readScript(document: JsonValue, reader: ScriptReader, parts: MockScriptParts): MockScript {
  const root = reader.object(document, "", ["responses"]);
  const list = root && reader.list(root, "responses", "");
  if (root && !Object.hasOwn(root, "responses")) reader.say("", 'a script needs "responses", a list of {match, reply}');
  return { responses: (list ?? []).map((item, i) => readResponse(item, `responses[${i}]`, reader, parts)) };
}

function readResponse(item: JsonValue, at: string, reader: ScriptReader, parts: MockScriptParts): MockScript["responses"][number] {
  const response = reader.object(item, at, ["match", "reply"]);
  if (!response) return { match: {}, reply: {} };
  if (!Object.hasOwn(response, "reply")) reader.say(at, '"reply" is missing: say what the mock answers');
  return {
    match: readMatch(propertyOf(response, "match"), `${at}.match`, reader, parts),
    reply: readReply(propertyOf(response, "reply"), `${at}.reply`, reader),
  };
}

function readMatch(value: JsonValue | undefined, at: string, reader: ScriptReader, parts: MockScriptParts): MockMatch {
  const match = value === undefined ? undefined : reader.object(value, at, ["role", "prompt", "system", "call"]);
  if (!match) return {};
  const pattern = (key: string): TextPattern | undefined => {
    const text = reader.text(match, key, at);
    if (text === undefined) return undefined;
    try {
      return parts.compilePattern(text);
    } catch (error) {
      reader.say(`${at}.${key}`, `is no regular expression that we can run: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  };
  return present({
    role: pattern("role"),
    prompt: pattern("prompt"),
    system: pattern("system"),
    call: reader.number(match, "call", at, { min: 1, integer: true }),
  });
}

function readReply(value: JsonValue | undefined, at: string, reader: ScriptReader): MockReply {
  const known = ["text", "json", "toolCalls", "error", "delayMs", "usage"];
  const reply = value === undefined ? undefined : reader.object(value, at, known);
  if (!reply) return {};
  const has = (key: string): boolean => Object.hasOwn(reply, key);
  if (has("text") && has("json")) reader.say(`${at}.json`, "cannot stand beside text; keep one of the two");
  const beside = ["text", "json", "toolCalls", "usage"].filter(has);
  if (has("error") && beside.length > 0)
    reader.say(`${at}.error`, `a refusal has no ${beside.join(", ")}; take ${beside.length > 1 ? "them" : "it"} out`);
  return present({
    text: reader.text(reply, "text", at),
    json: propertyOf(reply, "json"),
    toolCalls: reader.list(reply, "toolCalls", at)?.map((call, i) => readToolCall(call, `${at}.toolCalls[${i}]`, reader)),
    error: has("error") ? readError(propertyOf(reply, "error"), `${at}.error`, reader) : undefined,
    delayMs: reader.number(reply, "delayMs", at, { min: 0, max: MAX_DELAY_MS }),
    usage: has("usage") ? readUsage(propertyOf(reply, "usage"), `${at}.usage`, reader) : undefined,
  });
}

function readToolCall(value: JsonValue, at: string, reader: ScriptReader): { name: string; args: JsonValue } {
  const call = reader.object(value, at, ["name", "args"]);
  const name = call && reader.text(call, "name", at);
  if (call && !Object.hasOwn(call, "name")) reader.say(at, '"name" is missing: say which tool is called');
  if (name === "") reader.say(`${at}.name`, "must not be empty");
  return { name: name ?? "", args: (call && propertyOf(call, "args")) ?? {} };
}

function readError(value: JsonValue | undefined, at: string, reader: ScriptReader): MockError {
  const error = reader.object(value ?? null, at, ["status", "message", "retryAfterSeconds"]);
  if (!error) return { status: 500, message: "" };
  if (!Object.hasOwn(error, "status")) reader.say(at, '"status" is missing: an HTTP status from 400 to 599');
  return {
    status: reader.number(error, "status", at, { min: 400, max: 599, integer: true }) ?? 500,
    message: reader.text(error, "message", at) ?? "scripted",
    ...present({ retryAfterSeconds: reader.number(error, "retryAfterSeconds", at, { min: 0 }) }),
  };
}

function readUsage(value: JsonValue | undefined, at: string, reader: ScriptReader): { inputTokens?: number; outputTokens?: number } {
  const usage = reader.object(value ?? null, at, ["inputTokens", "outputTokens"]);
  const tokens = (key: string): number | undefined => usage && reader.number(usage, key, at, { min: 0, integer: true });
  return present({ inputTokens: tokens("inputTokens"), outputTokens: tokens("outputTokens") });
}

/** The same object without what is undefined, so that an absent field stays absent. */
function present<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
