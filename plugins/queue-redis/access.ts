// What one agent may do on the server (RELIABILITY §1.10), as the arguments of `ACL SETUSER`: everything on its own queues, what it shares with
// its namespace, and, on the queues of roles that it may delegate to, no more than enqueueing and looking takes.
import { SCRIPTS } from "./generated/scripts.ts";
import { keysOf, namespaceOf } from "./keys.ts";

/** Whom the rules are for. */
export interface AgentAccess {
  readonly namespace: string;
  readonly password: string;
  /** Queues that it reads. */
  readonly queues: readonly string[];
  /** Queues that it may put tasks into. */
  readonly mayDelegateTo: readonly string[];
  readonly isCluster?: boolean;
}

/** Commands that are sent beside scripts, by RedisLink and its users. */
const COMMANDS = [
  "evalsha",
  "eval",
  "xread",
  "xlen",
  "zcard",
  "xrange",
  "xrevrange",
  "zrangebyscore",
  "get",
  "del",
  "smembers",
  "ping",
  "auth",
  "hello",
  "select",
];

/** What enqueue.lua and look.lua reach: a task may be added to a delegate's queue and looked at there, never read, settled or taken away. */
const DELEGATION = ["evalsha", "eval", "time", "hmget", "del", "xlen", "zcard", "zadd", "xadd", "hset", "sadd", "zscore", "xrange"];

/** Every command that an agent's queue sends, scripts included; lower case, in order. */
export function agentCommands(): string[] {
  return [...new Set([...COMMANDS, ...commandsOf(Object.values(SCRIPTS).map(({ lua }) => lua))])].sort();
}

/** The rules, from nothing: `ACL SETUSER <name> …`. */
export function aclRulesFor({ namespace, password, queues, mayDelegateTo, isCluster = false }: AgentAccess): string[] {
  const keys = keysOf(isCluster);
  const shared = [
    keys.events(namespace),
    `${keys.events(namespace)}:*`,
    ...[keys.inbox(namespace, "*"), keys.run(namespace, "*")],
    keys.stop(namespace),
  ];
  const own = [
    ...queues.flatMap((queue) => [keys.stream(queue), `${keys.stream(queue)}:*`]),
    ...shared,
    ...[keys.blob(namespace, "*", "").slice(0, -1), keys.journal(namespace, "*"), keys.tokens(namespace, "*"), keys.agents(namespace, "*")],
  ];
  const others = mayDelegateTo.filter((queue) => !queues.includes(queue) && namespaceOf(queue) === namespace);
  const selector = (queue: string): string =>
    `(${DELEGATION.map((name) => `+${name}`).join(" ")} ${[keys.stream(queue), `${keys.stream(queue)}:*`, ...shared].map((key) => `~${key}`).join(" ")})`;
  return [
    ...["reset", "on", `>${password}`, "resetchannels", "-@all"],
    ...agentCommands().map((name) => (name === "xinfo" ? "+xinfo|stream" : name === "xgroup" ? "+xgroup|create" : `+${name}`)),
    ...own.map((key) => `~${key}`),
    ...others.map(selector),
  ];
}

/** Names of the commands that scripts call. */
function commandsOf(texts: readonly string[]): string[] {
  return texts.flatMap((lua) => [...lua.matchAll(/redis\.p?call\('([A-Za-z]+)'/g)].map((match) => (match[1] ?? "").toLowerCase()));
}
