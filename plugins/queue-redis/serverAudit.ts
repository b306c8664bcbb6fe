// What is wrong with a server's settings, and how to mend it. Nothing of it loses a run; all of it costs executions or stops the queue.
import type { RedisLink } from "./redisLink.ts";

/** Facts of `INFO` by name; undefined where nobody may ask. */
export type ServerFacts = ReadonlyMap<string, string>;

/** One thing to change: what is wrong and the way out, in one sentence. */
export type ServerFinding = string;

const LEAST_REDIS = 7;
const LEAST_VALKEY = 8;

/** What should be changed; empty when all is well. */
export function findingsOf(facts: ServerFacts): ServerFinding[] {
  const of = (name: string): string => facts.get(name) ?? "";
  const findings: ServerFinding[] = [];
  const [valkey, redis] = [of("valkey_version"), of("redis_version")];
  if (valkey !== "" && major(valkey) < LEAST_VALKEY) findings.push(`Valkey ${valkey} is too old; ${LEAST_VALKEY}.0 or newer is needed`);
  if (valkey === "" && redis !== "" && major(redis) < LEAST_REDIS)
    findings.push(`Redis ${redis} is too old; ${LEAST_REDIS}.0 or newer is needed`);
  const policy = of("maxmemory_policy");
  if (policy !== "" && policy !== "noeviction" && of("maxmemory") !== "0") {
    findings.push(`maxmemory-policy is ${policy}: tasks are evicted when memory is full and executed again; set it to noeviction`);
  }
  if (of("aof_enabled") === "0")
    findings.push(
      "appendonly is no: a restart forgets every task, and they are executed again; set appendonly yes and appendfsync everysec",
    );
  if (of("role") === "slave") findings.push("the server is a replica and takes no writes; REDIS_URL has to lead to the primary");
  return findings;
}

/** The facts of `INFO`'s text. */
export function factsOf(info: string): ServerFacts {
  const facts = new Map<string, string>();
  for (const line of info.split("\n")) {
    const at = line.indexOf(":");
    if (at > 0) facts.set(line.slice(0, at), line.slice(at + 1).trim());
  }
  return facts;
}

/** Asks the server. A user that may not ask learns nothing: undefined. Rejects when the server cannot be reached. */
export async function auditServer(link: RedisLink): Promise<ServerFinding[] | undefined> {
  const info = await link.command("INFO").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "rights") return undefined;
    throw error;
  });
  return typeof info === "string" ? findingsOf(factsOf(info)) : undefined;
}

const major = (version: string): number => Number(version.split(".")[0]);
