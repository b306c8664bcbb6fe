// The agent's own HTTP client in a process of its own, without a queue: the baseline of test/bench/agent.ts. Prints calls a second.

import { createOpenAI } from "../../plugins/llm-openai/index.ts";
import { silentLog, systemClock } from "../../plugins/sdk/index.ts";

const [baseURL = "", calls = "0", warm = "0", at = "1"] = process.argv.slice(2);
const provider = createOpenAI({ baseURL, apiKey: "sk-test" }, { log: silentLog, fetch, clock: systemClock, secret: () => undefined });
const signal = new AbortController().signal;
const request = {
  model: "gpt-test",
  system: "You are writer.",
  messages: [{ role: "user", content: "Do it." }],
  tools: [],
  maxTokens: 4_096,
} as const;

async function rate(count: number): Promise<number> {
  let left = count;
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: Number(at) }, async () => {
      while (left-- > 0) await provider.complete(request, { signal });
    }),
  );
  return (count / (performance.now() - startedMs)) * 1_000;
}

await rate(Number(warm));
console.log(await rate(Number(calls)));
