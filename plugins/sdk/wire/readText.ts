// Reading bodies whose length nobody vouches for.

/** The chunks of a body, bounded by `maxBytes` after decompression. Its end, by whatever way, releases the body. @throws RangeError beyond the bound */
export async function* readChunks(response: Response, maxBytes: number): AsyncGenerator<Uint8Array> {
  if (!response.body) return;
  const reader = response.body.getReader();
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      bytes += value.byteLength;
      if (bytes > maxBytes) throw new RangeError(`an answer of more than ${maxBytes} bytes`);
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined); // an aborted body rejects with what aborted it; it is gone either way
  }
}

/** The beginning of a body as text, at most `maxBytes`; the rest is not read. */
export async function readText(response: Response, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let left = maxBytes;
  for await (const chunk of readChunks(response, Number.POSITIVE_INFINITY)) {
    text += decoder.decode(chunk.subarray(0, left), { stream: true });
    left -= chunk.byteLength;
    if (left <= 0) break;
  }
  return text + decoder.decode();
}
