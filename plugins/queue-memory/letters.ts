// Tasks that were given up, oldest first, by namespace and by queue.
import { cutUtf8, type DeadLetter, type DeadLetters, type QueueLimits, type QueueName } from "../sdk/index.ts";
import { LinkedList, type ListNode } from "./linkedList.ts";
import { namespaceOf } from "./record.ts";

interface Entry {
  readonly order: number;
  readonly letter: DeadLetter;
  readonly runId: string;
  readonly nodes: readonly ListNode<Entry>[];
}

/** The dead letters of a process. Adding, reading and dropping are O(1); a list costs what it returns. */
export class Letters implements DeadLetters {
  readonly #limits: QueueLimits;
  readonly #byId = new Map<string, Entry>();
  /** By namespace, by queue and by run: names of queues hold a dot, those of namespaces none, those of runs a line break. */
  readonly #lists = new Map<string, LinkedList<Entry>>();
  #order = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  /** Keeps a letter, its envelope's prompt cut. Over the queue's limit the oldest goes. */
  add(letter: Omit<DeadLetter, "id">, runId: string): void {
    const order = ++this.#order;
    const id = String(order);
    const env = letter.env && { ...letter.env, prompt: cutUtf8(letter.env.prompt, this.#limits.maxLetterPromptBytes) };
    const nodes: ListNode<Entry>[] = [];
    const entry: Entry = { order, letter: { ...letter, id, ...(env ? { env } : {}) }, runId, nodes };
    for (const name of [namespaceOf(letter.queue), letter.queue, runId]) nodes.push(this.#list(name).push(entry));
    this.#byId.set(id, entry);
    const ofQueue = this.#list(letter.queue);
    if (ofQueue.size > this.#limits.maxDeadLetters && ofQueue.first !== undefined) this.#remove(ofQueue.first.value);
  }

  async list(namespace: string, options: { queue?: QueueName; limit: number; after?: string }): Promise<readonly DeadLetter[]> {
    if (options.queue !== undefined && namespaceOf(options.queue) !== namespace) return [];
    const list = this.#lists.get(options.queue ?? namespace);
    const letters: DeadLetter[] = [];
    if (list === undefined) return letters;
    const after = options.after === undefined ? 0 : Number(options.after);
    // The last one seen may have been dropped meanwhile: ids are in order, so go on behind where it was.
    const seen = this.#byId.get(options.after ?? "")?.nodes.find((node) => node.list === list);
    for (const entry of list.values(seen ?? list.first)) {
      if (letters.length >= options.limit) break;
      if (entry.order > after) letters.push(entry.letter);
    }
    return letters;
  }

  async read(namespace: string, id: string): Promise<DeadLetter | undefined> {
    return this.#find(namespace, id)?.letter;
  }

  async drop(namespace: string, id: string): Promise<boolean> {
    const entry = this.#find(namespace, id);
    if (entry !== undefined) this.#remove(entry);
    return entry !== undefined;
  }

  /** Drops the letters of a run. */
  dropRun(runId: string): void {
    const list = this.#lists.get(runId);
    while (list?.first !== undefined) this.#remove(list.first.value);
  }

  get size(): number {
    return this.#byId.size;
  }

  #find(namespace: string, id: string): Entry | undefined {
    const entry = this.#byId.get(id);
    return entry !== undefined && namespaceOf(entry.letter.queue) === namespace ? entry : undefined;
  }

  #remove(entry: Entry): void {
    this.#byId.delete(entry.letter.id);
    for (const node of entry.nodes) node.list?.remove(node);
    for (const name of [namespaceOf(entry.letter.queue), entry.letter.queue, entry.runId]) {
      if (this.#lists.get(name)?.size === 0) this.#lists.delete(name);
    }
  }

  #list(name: string): LinkedList<Entry> {
    let list = this.#lists.get(name);
    if (list === undefined) this.#lists.set(name, (list = new LinkedList()));
    return list;
  }
}
