// Addresses that a user wrote: are they any, and does an allow list cover them (B18)?
import { type FieldError, fault } from "./fault.ts";
import type { FieldPath } from "./fieldPath.ts";

/** The address as a URL with host, or undefined when it is none. */
export function addressOf(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && url.hostname !== "" && !/\s/.test(text) ? url : undefined;
}

/** What is wrong with an HTTP address; none when it is one. */
export function httpAddressFaults(text: string, at: FieldPath): FieldError[] {
  const url = addressOf(text);
  if (url === undefined) return [fault(at, "format", `is no address; write for example "https://search.example.com/mcp"`)];
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return [fault(at, "format", `has the scheme ${JSON.stringify(url.protocol.slice(0, -1))}; only http and https are spoken`)];
  }
  if (url.username === "" && url.password === "") return [];
  return [
    fault(
      at,
      "format",
      "holds a user or a password, and the object can be read by many; take it out and use headers or auth with a Secret",
    ),
  ];
}

/**
 * B18: true when one entry of the list has the address's scheme, host and port, and its path segments are the first of the address's.
 * `https://a.example/mcp` covers `https://a.example/mcp/v1`, but neither `/mcp2` nor `https://a.example.evil.com/mcp`.
 */
export function isAllowedAddress(address: string, allowlist: readonly string[]): boolean {
  const url = addressOf(address);
  if (url === undefined) return false;
  const wanted = segmentsOf(url);
  return allowlist.some((entry) => {
    const allowed = addressOf(entry);
    if (allowed === undefined || allowed.protocol !== url.protocol || allowed.host !== url.host) return false;
    return segmentsOf(allowed).every((segment, i) => segment === wanted[i]);
  });
}

/** The path in parts, a slash at the end left out; `.` and `..`, also when encoded, are resolved already by the URL's parser. */
function segmentsOf(url: URL): string[] {
  const segments = url.pathname.split("/").slice(1);
  return segments.at(-1) === "" ? segments.slice(0, -1) : segments;
}
