/** A queue that anything in it can leave at the same small cost: an array would be searched, and then moved. */

interface Node<T> {
  readonly value: T;
  before: Node<T> | undefined;
  behind: Node<T> | undefined;
  isIn: boolean;
}

/** A place in a queue. */
export interface Place {
  /** Has no effect the second time. */
  leave(): void;
}

export class Fifo<T> {
  #first: Node<T> | undefined;
  #last: Node<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#first?.value;
  }

  push(value: T): Place {
    const node: Node<T> = { value, before: this.#last, behind: undefined, isIn: true };
    if (this.#last === undefined) this.#first = node;
    else this.#last.behind = node;
    this.#last = node;
    this.#size++;
    return { leave: () => this.#remove(node) };
  }

  #remove(node: Node<T>): void {
    if (!node.isIn) return;
    node.isIn = false;
    this.#size--;
    if (node.before === undefined) this.#first = node.behind;
    else node.before.behind = node.behind;
    if (node.behind === undefined) this.#last = node.before;
    else node.behind.before = node.before;
  }
}
