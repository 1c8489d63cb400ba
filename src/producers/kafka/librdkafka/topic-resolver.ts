/** From the topic in a record to its handle. Neighbours mostly share their topic, so the last answer is tried first. */

import { type DefaultTopics, FLAG_ERROR } from '../../../queue/record.ts';
import type { Pointer } from './functions.ts';
import type { BatchMemory, PackedRecord } from './packed-record.ts';
import type { Topics } from './topics.ts';

/** What the last answer was for. */
const NOTHING = -1;
const DEFAULT_TOPIC = 0;
const NAMED = 2;

export class TopicResolver {
  readonly #topics: Topics;
  readonly #defaults: DefaultTopics;
  /** The last answer. It is the most recently used handle, so the cache of handles still has it. */
  #last: Pointer = 0;
  #lastKind = NOTHING;
  #lastName = Buffer.alloc(0);

  constructor(topics: Topics, defaults: DefaultTopics) {
    this.#topics = topics;
    this.#defaults = defaults;
  }

  /** The handle, or 0 where no topic can have this name. */
  resolve(memory: BatchMemory, record: PackedRecord): Pointer {
    const kind = record.topicLength > 0 ? NAMED : record.flags & FLAG_ERROR;
    if (kind === this.#lastKind && (kind !== NAMED || this.#sameName(memory, record))) return this.#last;
    // A look-up that fails must not leave the handle of another topic as the answer for this one.
    this.#lastKind = NOTHING;
    this.#last = this.#lookUp(kind === NAMED ? this.#takeName(memory, record) : this.#defaultName(kind));
    this.#lastKind = kind;
    return this.#last;
  }

  #defaultName(kind: number): string {
    return kind === DEFAULT_TOPIC ? this.#defaults.topic : this.#defaults.errorTopic;
  }

  #takeName({ bytes }: BatchMemory, { topicAt, topicLength }: PackedRecord): string {
    this.#lastName = Buffer.from(bytes.subarray(topicAt, topicAt + topicLength));
    return this.#lastName.toString();
  }

  /** A NUL would end the name in C: the message would go to another topic. */
  #lookUp(name: string): Pointer {
    return name.includes('\0') ? 0 : this.#topics.handle(name);
  }

  #sameName({ bytes }: BatchMemory, { topicAt, topicLength }: PackedRecord): boolean {
    const last = this.#lastName;
    if (topicLength !== last.length) return false;
    for (let i = 0; i < topicLength; i++) if (bytes[topicAt + i] !== last[i]) return false;
    return true;
  }
}
