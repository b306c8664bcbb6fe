// Who may write a task or a result: HMAC-SHA256 over its exact bytes with the queue's key (RELIABILITY §1.3).
import { createHmac, timingSafeEqual } from "node:crypto";

/** Keys by queue. */
export interface Signatures {
  /** "" where nobody has given a key. */
  sign(queue: string, text: string): string;
  /** Always true where nobody has given a key. */
  isGenuine(queue: string, text: string, mac: string): boolean;
}

/** With `keyOf`, every queue has to have a key; without, nothing is signed. */
export function signatures(keyOf?: (queue: string) => Uint8Array | undefined): Signatures {
  if (!keyOf) return { sign: () => "", isGenuine: () => true };
  const macOf = (queue: string, text: string): string | undefined => {
    const key = keyOf(queue);
    return key && createHmac("sha256", key).update(text, "utf8").digest("base64");
  };
  return {
    sign: (queue, text) => macOf(queue, text) ?? "",
    isGenuine(queue, text, mac) {
      const own = macOf(queue, text);
      if (own === undefined || own.length !== mac.length) return false;
      return timingSafeEqual(Buffer.from(own), Buffer.from(mac));
    },
  };
}
