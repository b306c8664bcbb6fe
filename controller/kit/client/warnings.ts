/** The texts of `Warning` headers (RFC 7234 §5.5, code 299): admission and the API server's own, for the user. */
export function warningsOf(header: string | readonly string[] | undefined): string[] {
  if (header === undefined) return [];
  const text = typeof header === "string" ? header : header.join(", ");
  return [...text.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map((match) => (match[1] ?? "").replace(/\\(.)/g, "$1"));
}
