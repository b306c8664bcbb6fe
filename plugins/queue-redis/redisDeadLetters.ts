// Tasks that were given up, oldest first. A letter's id is its number in the namespace and its queue: `17@demo.news.writer`.
import type { DeadLetter, DeadLetters, QueueName, Task } from "../sdk/index.ts";
import { type Keys, namespaceOf } from "./keys.ts";
import type { RedisLink } from "./redisLink.ts";
import { fieldsOf, queueOfStream } from "./redisQueueControl.ts";
import { countersOf } from "./wire.ts";

/** {@link DeadLetters} on Redis. */
export class RedisDeadLetters implements DeadLetters {
  readonly #link: RedisLink;
  readonly #keys: Keys;

  constructor(link: RedisLink, keys: Keys) {
    this.#link = link;
    this.#keys = keys;
  }

  async list(
    namespace: string,
    { queue, limit, after }: { queue?: QueueName; limit: number; after?: string },
  ): Promise<readonly DeadLetter[]> {
    if (queue !== undefined && namespaceOf(queue) !== namespace) return [];
    const streams = queue === undefined ? await this.#queuesOf(namespace) : [queue];
    const from = after === undefined ? "-" : `(${numberOf(after)}-0`;
    const pages = await this.#link.pipeline(streams.map((name) => ["XRANGE", this.#keys.letters(name), from, "+", "COUNT", limit]));
    return pages
      .flatMap((page) => (page as [string, string[]][]).map(letterOf))
      .sort((a, b) => numberOf(a.id) - numberOf(b.id))
      .slice(0, limit);
  }

  async read(namespace: string, id: string): Promise<DeadLetter | undefined> {
    const place = placeOf(id);
    if (!place || namespaceOf(place.queue) !== namespace) return undefined;
    const [entry] = (await this.#link.command("XRANGE", this.#keys.letters(place.queue), place.entry, place.entry)) as [string, string[]][];
    return entry && letterOf(entry);
  }

  async drop(namespace: string, id: string): Promise<boolean> {
    const place = placeOf(id);
    if (!place || namespaceOf(place.queue) !== namespace) return false;
    return (await this.#link.command("XDEL", this.#keys.letters(place.queue), place.entry)) === 1;
  }

  async #queuesOf(namespace: string): Promise<QueueName[]> {
    return ((await this.#link.command("SMEMBERS", this.#keys.letterQueues(namespace))) as string[]).map(queueOfStream);
  }
}

function letterOf([entry, list]: [string, string[]]): DeadLetter {
  const fields = fieldsOf(list);
  const of = (name: string): string => fields.get(name) ?? "";
  const queue = queueOfStream(of("q"));
  const env = of("env");
  return {
    id: `${entry.split("-")[0]}@${queue}`,
    key: of("k"),
    queue,
    reason: of("reason") as DeadLetter["reason"],
    message: of("message"),
    counters: countersOf(of("c")),
    firstAtMs: Number(of("first")),
    lastAtMs: Number(of("last")),
    consumer: of("own"),
    ...(env === "" ? {} : { env: JSON.parse(env) as Task }),
  };
}

function placeOf(id: string): { readonly entry: string; readonly queue: QueueName } | undefined {
  const match = /^(\d{1,15})@(.+)$/.exec(id);
  return match ? { entry: `${match[1]}-0`, queue: match[2] ?? "" } : undefined;
}

const numberOf = (id: string): number => Number(id.split("@")[0]);
