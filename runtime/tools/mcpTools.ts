// What MCP servers say, made ours: their tools become names that a provider accepts, with a reason for each that does not; their answers
// become text. Everything here is a stranger's word: shapes are checked, lengths are cut.
import { createHash } from "node:crypto";
import type { JsonObject } from "../../crds/index.ts";
import { isJson } from "../answer.ts";
import { MAX_TOOL_DESCRIPTION, MAX_TOOL_NAME, MAX_TOOLS_PER_SERVER } from "../limits.ts";
import { canonicalJson } from "../loop.ts";
import { cutWithNote, wellFormed } from "../text.ts";
import { schemaFault } from "./arguments.ts";

/** One tool of a server, usable. */
export interface ServerTool {
  /** As the server knows it. */
  readonly own: string;
  /** `<server>__<tool>`, as the model knows it. */
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
}

/** A server's list, sorted out. */
export interface ServerTools {
  readonly tools: readonly ServerTool[];
  readonly dropped: readonly { readonly name: string; readonly reason: string }[];
  /** Changes when a definition changes (S70). */
  readonly hash: string;
}

/** No tools. */
export const NO_TOOLS: ServerTools = { tools: [], dropped: [], hash: "" };

/** The usable ones of what a server listed, in its order; the rest with a reason. */
export async function serverToolsOf(server: string, listed: readonly unknown[]): Promise<ServerTools> {
  const tools: ServerTool[] = [];
  const dropped: { name: string; reason: string }[] = [];
  const taken = new Set<string>();
  for (const [i, item] of listed.entries()) {
    const own = isRecord(item) && typeof item["name"] === "string" ? item["name"] : "";
    const drop = (reason: string): void =>
      void (dropped.length < MAX_TOOLS_PER_SERVER && dropped.push({ name: own.slice(0, 100) || `(tool ${i + 1})`, reason }));
    if (tools.length >= MAX_TOOLS_PER_SERVER) {
      dropped.push({ name: `(${listed.length - i} more)`, reason: `a server may have ${MAX_TOOLS_PER_SERVER} tools` });
      break;
    }
    if (!isRecord(item) || own === "") {
      drop("it has no name");
      continue;
    }
    const name = toolNameOf(server, own);
    const schema = schemaIn(item);
    if (name.length > MAX_TOOL_NAME) drop(`its name ${name.slice(0, 80)} is longer than ${MAX_TOOL_NAME} characters`);
    else if (taken.has(name)) drop("another tool of the server has the same name");
    else if (schema === undefined) drop("its input schema is no schema of an object");
    else {
      const fault = await schemaFault(schema);
      if (fault !== undefined) {
        drop(`its input schema cannot be used: ${fault.slice(0, 200)}`);
        continue;
      }
      taken.add(name);
      const description = typeof item["description"] === "string" ? wellFormed(item["description"]) : "";
      tools.push({ own, name, description: cutWithNote(description, MAX_TOOL_DESCRIPTION, "… (cut)"), inputSchema: schema });
    }
  }
  return { tools, dropped, hash: createHash("sha256").update(canonicalJson(tools)).digest("hex").slice(0, 16) };
}

/** `<server>__<tool>`; characters that providers refuse become `_`. */
export function toolNameOf(server: string, own: string): string {
  return `${server}__${own}`.replaceAll(/[^A-Za-z0-9_-]/g, "_");
}

function schemaIn(item: Readonly<Record<string, unknown>>): JsonObject | undefined {
  const raw = item["inputSchema"] ?? item["input_schema"] ?? item["parameters"] ?? { type: "object" };
  if (!isRecord(raw) || Array.isArray(raw) || !isJson(raw, 0)) return undefined;
  const schema = raw as JsonObject;
  if (!Object.hasOwn(schema, "type")) return { ...schema, type: "object" };
  return schema["type"] === "object" ? schema : undefined;
}

/** A server's answer as text: texts one after the other, what is no text described. */
export function answerTextOf(raw: unknown): { text: string; isError: boolean } {
  if (typeof raw === "string") return { text: raw, isError: false };
  if (!isRecord(raw)) return { text: "(the tool answered nothing)", isError: false };
  const isError = raw["isError"] === true || raw["is_error"] === true;
  const content = raw["content"];
  const parts = Array.isArray(content) ? content.map(partOf).filter((part) => part !== "") : typeof content === "string" ? [content] : [];
  const structured = raw["structuredContent"] ?? raw["result"] ?? raw["output"];
  if (parts.length === 0 && structured !== undefined) {
    parts.push(
      typeof structured === "string"
        ? structured
        : isJson(structured, 0)
          ? JSON.stringify(structured)
          : "(an answer that is nested too deep)",
    );
  }
  if (parts.length === 0 && typeof raw["error"] === "string") return { text: raw["error"], isError: true };
  return { text: parts.length === 0 ? "(the tool answered nothing)" : parts.join("\n"), isError };
}

function partOf(part: unknown): string {
  if (!isRecord(part)) return "";
  switch (part["type"]) {
    case "text":
      return typeof part["text"] === "string" ? part["text"] : "";
    case "image":
    case "audio":
      return `(${String(part["type"])} ${textIn(part, "mimeType")}, ${base64Bytes(part["data"])} bytes, not shown)`;
    case "resource": {
      const resource = isRecord(part["resource"]) ? part["resource"] : {};
      const uri = textIn(resource, "uri");
      return typeof resource["text"] === "string"
        ? `(resource ${uri})\n${resource["text"]}`
        : `(resource ${uri}, ${textIn(resource, "mimeType")}, not shown)`;
    }
    case "resource_link":
      return `(link ${textIn(part, "name")}: ${textIn(part, "uri")})`;
    default:
      return `(a part of the unknown type ${textIn(part, "type")})`;
  }
}

function textIn(record: Readonly<Record<string, unknown>>, key: string): string {
  const value = record[key];
  return typeof value === "string" ? value.slice(0, 2_000) : "";
}

function base64Bytes(data: unknown): number {
  return typeof data === "string" ? Math.floor((data.length * 3) / 4) : 0;
}

/** Something whose fields may be asked for. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
