/**
 * Sizes that brokers have just refused to a transactional producer. A message of the same size or larger for the same topic
 * would be refused as well, so it is refused without a transaction. The broker is soon asked again, because the topic's limit
 * may be raised.
 *
 * With compression this tells nothing, because a larger message may become a smaller set.
 */

import type { Message } from '../../../../shared/message/message.ts';
import { aloneBytes } from '../../batches/sizes.ts';

/** Messages within this time in ms are refused with the same reason. */
const REMEMBERED_MS = 5000;

interface RefusedSize {
  readonly bytes: number;
  readonly reason: Error;
  readonly since: number;
}

export class RefusedSizes {
  readonly #now: () => number;
  readonly #sizes = new Map<string, RefusedSize>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get isEmpty(): boolean {
    return this.#sizes.size === 0;
  }

  /** Remembers a refused message, which was alone in its set. */
  add(message: Message, reason: Error): void {
    const bytes = Math.min(aloneBytes(message), this.#known(message.topic)?.bytes ?? Number.POSITIVE_INFINITY);
    this.#sizes.set(message.topic, { bytes, reason, since: this.#now() });
  }

  /** The reason to refuse a message; undefined where the broker must be asked. */
  reason(message: Message): Error | undefined {
    const known = this.#known(message.topic);
    return known !== undefined && aloneBytes(message) >= known.bytes ? known.reason : undefined;
  }

  #known(topic: string): RefusedSize | undefined {
    const size = this.#sizes.get(topic);
    if (size === undefined || this.#now() - size.since < REMEMBERED_MS) return size;
    this.#sizes.delete(topic);
    return undefined;
  }
}
