/** A place in a {@link LinkedList}. */
export interface ListNode<T> {
  readonly value: T;
  list: LinkedList<T> | undefined;
  before: ListNode<T> | undefined;
  after: ListNode<T> | undefined;
}

/** A queue from whose middle one can leave: every operation is O(1). A Map would skip its deleted front again at each look. */
export class LinkedList<T> {
  size = 0;
  first: ListNode<T> | undefined;
  #last: ListNode<T> | undefined;

  /** Adds at the end. The node is the way to remove it again. */
  push(value: T): ListNode<T> {
    const node: ListNode<T> = { value, list: this, before: this.#last, after: undefined };
    if (this.#last === undefined) this.first = node;
    else this.#last.after = node;
    this.#last = node;
    this.size++;
    return node;
  }

  /** Takes a node out; false when it is not in here (any more). */
  remove(node: ListNode<T>): boolean {
    if (node.list !== this) return false;
    if (node.before === undefined) this.first = node.after;
    else node.before.after = node.after;
    if (node.after === undefined) this.#last = node.before;
    else node.after.before = node.before;
    node.list = undefined;
    this.size--;
    return true;
  }

  /** Takes the first value out. */
  shift(): T | undefined {
    const { first } = this;
    if (first === undefined) return undefined;
    this.remove(first);
    return first.value;
  }

  /** Values from `start` (default: the first) to the end. The list must not change meanwhile. */
  *values(start: ListNode<T> | undefined = this.first): Generator<T> {
    for (let node = start; node !== undefined; node = node.after) yield node.value;
  }
}
