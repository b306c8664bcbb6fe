// A token that somebody else keeps fresh in a file: a kubelet in a pod, a login program on a laptop.
import { readFile } from "node:fs/promises";
import type { Clock } from "../../../plugins/sdk/index.ts";
import type { CredentialSource, Credentials } from "./access.ts";

/** A kubelet renews at 80 % of an hour and leaves the old one valid, so a minute is early enough; client-go has the same. */
const READ_AGAIN_AFTER_MS = 60_000;

/** Reads the token of a file, again after a minute or when it is refused. When it cannot be read again, the last one is used. */
export function tokenFileCredentials(file: string, clock: Clock, rest: Credentials = {}): CredentialSource {
  let token = "";
  let readAtMs = Number.NEGATIVE_INFINITY;
  return {
    async current() {
      if (clock.monotonic() - readAtMs < READ_AGAIN_AFTER_MS) return { ...rest, authorization: `Bearer ${token}` };
      const text = await readFile(file, "utf8").catch((error: unknown) => {
        if (token !== "") return token;
        throw new Error(`cannot read the token file ${file}`, { cause: error });
      });
      if (text.trim() === "" && token === "") throw new Error(`the token file ${file} is empty`);
      token = text.trim() || token;
      readAtMs = clock.monotonic();
      return { ...rest, authorization: `Bearer ${token}` };
    },
    renew() {
      readAtMs = Number.NEGATIVE_INFINITY;
      return true;
    },
  };
}
