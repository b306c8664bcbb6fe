// Headers of a tool or server, their values from files where they are secret. Read for every call: a Secret may have been rotated (S19).
import type { HeaderConfig } from "../../crds/index.ts";

const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
// Visible characters, blanks and tabs: a line break in a value would begin another header.
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The headers, lower case. @throws Error that names the header, never its value */
export async function headersOf(
  headers: readonly HeaderConfig[],
  readFile: (path: string) => Promise<string>,
): Promise<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const { name, value, file, prefix } of headers) {
    if (!NAME.test(name)) throw new Error(`"${name}" is no name of a header`);
    let text = value ?? "";
    if (file !== undefined) {
      try {
        text = (await readFile(file)).replace(/\r?\n$/, "");
      } catch (error) {
        throw new Error(`the value of header ${name} cannot be read; check the Secret that it comes from`, { cause: error });
      }
    }
    if (!VALUE.test(text)) throw new Error(`the value of header ${name} holds characters that no header may hold`);
    result[name.toLowerCase()] = `${prefix ?? ""}${text}`;
  }
  return result;
}
