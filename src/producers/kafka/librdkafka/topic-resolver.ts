/** From the topic in a record to its handle. Neighbours mostly share their topic, so the last answer is tried first. */

import { type DefaultTopics, FLAG_ERROR } from '../../../queue/record.ts';
import type { Pointer } from './functions.ts';
import type { BatchMemory, PackedRecord } from './packed-record.ts';
import type { Topics } from './topics.ts';

export class TopicResolver {
  readonly #topics: Topics;
  readonly #defaults: DefaultTopics;
  #lastName = Buffer.alloc(0);
  #lastHandle: Pointer = 0;

  constructor(topics: Topics, defaults: DefaultTopics) {
    this.#topics = topics;
    this.#defaults = defaults;
  }

  /** The handle, or 0 where no topic can have this name. */
  resolve(memory: BatchMemory, record: PackedRecord): Pointer {
    if (record.topicLength === 0) return this.#lookUp(this.#defaultName(record));
    if (this.#isLast(memory, record)) return this.#lastHandle;
    const name = memory.bytes.subarray(record.topicAt, record.topicAt + record.topicLength);
    this.#lastHandle = this.#lookUp(name.toString());
    this.#lastName = Buffer.from(name);
    return this.#lastHandle;
  }

  #defaultName(record: PackedRecord): string {
    return (record.flags & FLAG_ERROR) === 0 ? this.#defaults.topic : this.#defaults.errorTopic;
  }

  /** A NUL would end the name in C: the message would go to another topic. */
  #lookUp(name: string): Pointer {
    return name.includes('\0') ? 0 : this.#topics.handle(name);
  }

  #isLast({ bytes }: BatchMemory, { topicAt, topicLength }: PackedRecord): boolean {
    const last = this.#lastName;
    if (topicLength !== last.length) return false;
    for (let i = 0; i < topicLength; i++) if (bytes[topicAt + i] !== last[i]) return false;
    return true;
  }
}
