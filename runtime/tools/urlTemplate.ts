// URLs of HTTP tools with holes for arguments: `https://api.example.com/users/{{ .input.id }}?q={{ .input.q }}`. What a model writes fills
// one path segment or one query value, encoded; never scheme, host or port, and no dots that climb (S26).
import type { JsonObject, JsonValue } from "../../crds/index.ts";
import { wellFormed } from "../text.ts";

/** A parsed URL. */
export interface UrlTemplate {
  /** As written, for messages. */
  readonly text: string;
  /** `host[:port]`. */
  readonly host: string;
  /** First parts of the fields that it reads. */
  readonly reads: ReadonlySet<string>;
  /** The URL for arguments, or why there is none. */
  fill(args: JsonObject): { readonly url: URL } | { readonly fault: string };
}

type Part = string | { readonly path: readonly string[]; readonly where: "path" | "query" };

const HOLE = /\{\{-?\s*(.*?)\s*-?\}\}/gs;
const FIELD = /^\.input((?:\.[A-Za-z_][A-Za-z0-9_]*)+)$/;
const DOTS = /^(\.|%2e){1,2}$/i;

/** @throws Error that names what is wrong with the URL and what would be right */
export function urlTemplateOf(text: string): UrlTemplate {
  const parts: Part[] = [];
  let written = "";
  let from = 0;
  for (const match of text.matchAll(HOLE)) {
    written += text.slice(from, match.index);
    parts.push(text.slice(from, match.index));
    from = match.index + match[0].length;
    const field = FIELD.exec(match[1] ?? "");
    if (field === null) throw new Error(`${match[0]} is not understood in a tool's URL; write {{ .input.<argument> }}`);
    if (!/^https?:\/\/[^/?#]+[/?]/i.test(written))
      throw new Error(`${match[0]} stands in the scheme, host or port; arguments may fill the path and the query only`);
    if (written.includes("#")) throw new Error(`${match[0]} stands behind a #, which is never sent; take it out`);
    parts.push({ path: (field[1] ?? "").slice(1).split("."), where: written.includes("?") ? "query" : "path" });
    written += "x";
  }
  parts.push(text.slice(from));
  written += text.slice(from);
  if (written.includes("{{") || written.includes("}}")) throw new Error("a {{ or }} is left open; write {{ .input.<argument> }}");
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) throw new Error("it is no http or https address");
  if (url.username !== "" || url.password !== "") throw new Error("it holds a user or password; use headers with a Secret");
  const reads = new Set(parts.flatMap((part) => (typeof part === "string" ? [] : [part.path[0] ?? ""])));
  return { text, host: url.host, reads, fill: (args) => fill(parts, args, url) };
}

function fill(parts: readonly Part[], args: JsonObject, shape: URL): { url: URL } | { fault: string } {
  let text = "";
  for (const part of parts) {
    if (typeof part === "string") {
      text += part;
      continue;
    }
    const name = part.path.join(".");
    const value = valueAt(args, part.path);
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
      return { fault: `"${name}" is part of the address and has to be a text, a number, or true or false` };
    }
    const encoded = encodeURIComponent(wellFormed(String(value)));
    if (part.where === "path" && encoded === "") return { fault: `"${name}" is part of the address and may not be empty` };
    text += encoded;
  }
  const path = text.replace(/[?#].*$/s, "").replace(/^[a-z]+:\/\/[^/]*/i, "");
  if (path.split("/").some((segment) => DOTS.test(segment))) return { fault: "the address would climb with dots; nothing was called" };
  const url = new URL(text);
  if (url.host !== shape.host || url.protocol !== shape.protocol) return { fault: "the address would lead elsewhere; nothing was called" };
  return { url };
}

function valueAt(args: JsonObject, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = args;
  for (const name of path) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) return undefined;
    value = (value as JsonObject)[name];
  }
  return value;
}
