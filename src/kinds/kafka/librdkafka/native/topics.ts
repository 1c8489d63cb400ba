/** Topic handles, each made when its topic is first used. At the maximum number, the least recently used handle is released. */

import { type Ledger, MAX_TOPICS } from '../close/ledger.ts';
import type { Pointer } from './functions.ts';
import type { Native } from './native.ts';

interface Entry {
  readonly handle: Pointer;
  readonly index: number;
}

export class Topics {
  readonly #native: Native;
  readonly #client: Pointer;
  readonly #ledger: Ledger;
  readonly #capacity: number;
  readonly #entries = new Map<string, Entry>();

  constructor(native: Native, client: Pointer, ledger: Ledger, capacity = MAX_TOPICS) {
    this.#native = native;
    this.#client = client;
    this.#ledger = ledger;
    this.#capacity = Math.min(capacity, MAX_TOPICS);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Returns the handle, or 0 where librdkafka refuses the name (`rd_kafka_last_error` has the reason). */
  handle(name: string): Pointer {
    const known = this.#entries.get(name);
    if (known !== undefined) return this.#touch(name, known).handle;
    const handle = this.#native.rdkafka.topicNew(this.#client, name, 0);
    if (handle === 0) return 0;
    const index = this.#freeIndex();
    this.#ledger.setTopic(index, handle, this.#native.rdkafka.topicDestroy);
    this.#entries.set(name, { handle, index });
    return handle;
  }

  /** Releases all handles. Messages in flight hold their topics themselves. */
  clear(): void {
    for (const entry of this.#entries.values()) this.#release(entry);
    this.#entries.clear();
  }

  #touch(name: string, entry: Entry): Entry {
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    return entry;
  }

  #freeIndex(): number {
    if (this.#entries.size < this.#capacity) return this.#entries.size;
    const [name, oldest] = this.#entries.entries().next().value as [string, Entry];
    this.#entries.delete(name);
    this.#release(oldest);
    return oldest.index;
  }

  #release({ handle, index }: Entry): void {
    this.#ledger.takeTopic(index);
    this.#native.rdkafka.topicDestroy(handle);
  }
}
