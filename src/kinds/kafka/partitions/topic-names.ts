/** Finds the `Topic` of a record. Neighbours mostly share their topic, so the last result is tried first. */

import { type DefaultTopics, FLAG_ERROR } from '../../../shared/memory/record.ts';
import type { BatchMemory, PackedRecord } from '../batches/packed-record.ts';
import type { Topic } from './topic.ts';

/** The kinds of name that the last result can be for. */
const NOTHING = -1;
const DEFAULT_TOPIC = 0;
const NAMED = 2;

export class TopicNames {
  readonly #find: (name: string) => Topic;
  readonly #defaults: DefaultTopics;
  #last: Topic | undefined;
  #lastKind = NOTHING;
  #lastName = Buffer.alloc(0);

  constructor(defaults: DefaultTopics, find: (name: string) => Topic) {
    this.#defaults = defaults;
    this.#find = find;
  }

  /** Undefined where no topic can have this name. */
  topicOf(memory: BatchMemory, record: PackedRecord): Topic | undefined {
    const kind = record.topicLength > 0 ? NAMED : record.flags & FLAG_ERROR;
    if (kind === this.#lastKind && (kind !== NAMED || this.#sameName(memory, record))) return this.#last;
    this.#last = this.#lookUp(kind === NAMED ? this.#takeName(memory, record) : this.#defaultName(kind));
    this.#lastKind = kind;
    return this.#last;
  }

  clear(): void {
    this.#lastKind = NOTHING;
  }

  #defaultName(kind: number): string {
    return kind === DEFAULT_TOPIC ? this.#defaults.topic : this.#defaults.errorTopic;
  }

  #takeName({ bytes }: BatchMemory, { topicAt, topicLength }: PackedRecord): string {
    this.#lastName = Buffer.from(bytes.subarray(topicAt, topicAt + topicLength));
    return this.#lastName.toString();
  }

  /** Refuses a NUL, which would end the name in C, so that the message would go to another topic. */
  #lookUp(name: string): Topic | undefined {
    return name.includes('\0') ? undefined : this.#find(name);
  }

  #sameName({ bytes }: BatchMemory, { topicAt, topicLength }: PackedRecord): boolean {
    const last = this.#lastName;
    if (topicLength !== last.length) return false;
    for (let i = 0; i < topicLength; i++) if (bytes[topicAt + i] !== last[i]) return false;
    return true;
  }
}
