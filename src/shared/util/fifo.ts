/**
 * A queue that anything in it can leave at the same small cost: an array would be searched, and then moved. The links are in what
 * is queued, so that a hundred thousand need no other objects.
 */

/** What can be in one queue. Only the queue writes these. */
export interface Linked<T> {
  before: T | undefined;
  behind: T | undefined;
  isIn: boolean;
}

export class Fifo<T extends Linked<T>> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#first;
  }

  push(item: T): void {
    item.isIn = true;
    item.before = this.#last;
    if (this.#last === undefined) this.#first = item;
    else this.#last.behind = item;
    this.#last = item;
    this.#size++;
  }

  /** Has no effect on what is not in the queue. */
  remove(item: T): void {
    if (!item.isIn) return;
    const { before, behind } = item;
    if (before === undefined) this.#first = behind;
    else before.behind = behind;
    if (behind === undefined) this.#last = before;
    else behind.before = before;
    item.isIn = false;
    item.before = undefined; // an old one must not keep those alive that came after it
    item.behind = undefined;
    this.#size--;
  }
}
