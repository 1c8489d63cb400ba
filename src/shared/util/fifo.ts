/** A FIFO queue from which any item can be removed at the same small cost. The links are in the items themselves. */

/** An item that can be in one queue at a time. Only the queue writes these fields. */
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

  remove(item: T): void {
    if (!item.isIn) return;
    const { before, behind } = item;
    if (before === undefined) this.#first = behind;
    else before.behind = behind;
    if (behind === undefined) this.#last = before;
    else behind.before = before;
    item.isIn = false;
    item.before = undefined; // else an old item would keep those alive that came after it
    item.behind = undefined;
    this.#size--;
  }
}
