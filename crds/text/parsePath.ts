import { FieldPath } from "../fieldPath.ts";

/**
 * Reads what `FieldPath.toString` writes: `spec.roles[2].name`, `spec.input["a.b"]`. Text that is no such path is taken as one key, so that
 * looking it up finds nothing instead of failing.
 */
export function parsePath(text: string): FieldPath {
  const segments: (string | number)[] = [];
  const part = /(?:^|\.)([A-Za-z_$][\w$-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (match === null) return new FieldPath([text]);
    const [, word, index, quoted] = match;
    if (index !== undefined) segments.push(Number(index));
    else segments.push(word ?? unquoted(quoted ?? ""));
  }
  return new FieldPath(segments);
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}
