// Embeddings without a model: words hashed into a few dimensions. Texts that share words are near each other, which is all that a
// test of a memory needs.

/** Length of every vector: small, and a power of two so that a hash is cut without bias. */
export const MOCK_DIMENSIONS = 64;

/** A unit vector that depends on the words of the text alone, whatever their order or case. A text without words points along the first axis. */
export function hashEmbedding(text: string): number[] {
  const vector = new Array<number>(MOCK_DIMENSIONS).fill(0);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    const hash = fnv1a(word);
    const at = hash % MOCK_DIMENSIONS;
    vector[at] = (vector[at] ?? 0) + ((hash >>> 16) % 2 === 0 ? 1 : -1);
  }
  const length = Math.hypot(...vector);
  if (length === 0) return vector.map((_, i) => (i === 0 ? 1 : 0));
  return vector.map((value) => value / length);
}

/** FNV-1a over UTF-16 units, 32 bits. @see http://www.isthe.com/chongo/tech/comp/fnv/ */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
