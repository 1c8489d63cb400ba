/** From the word that a message is beyond help to its final state: it goes to whoever takes dead letters. */

import type { MessageQueue, RecordRange } from '../queue/message-queue.ts';
import { type DefaultTopics, RecordMemory } from '../queue/record.ts';
import type { FailedAttempt, SpilledCondemned } from '../worker/protocol.ts';
import { condemnedLetter, originOf } from './dead-letter.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Settlement } from './settlement.ts';
import type { Spooling } from './spooling.ts';

export interface CondemningContext {
  /** The producer's name. */
  readonly producer: string;
  readonly topics: DefaultTopics;
  readonly queue: MessageQueue;
  readonly settlement: Settlement;
  readonly deadLetters: DeadLetters;
  readonly spooling: Spooling | undefined;
  /** One has settled, and there may be room for leases again. */
  settled(): void;
}

export class Condemning {
  readonly #context: CondemningContext;

  constructor(context: CondemningContext) {
    this.#context = context;
  }

  /** A leased message. */
  async leased({ slot }: RecordRange, index: number, attempts: readonly FailedAttempt[]): Promise<void> {
    const { producer, topics, queue, settlement, deadLetters, settled } = this.#context;
    queue.condemn(slot, index);
    const origin = originOf(producer, slot.records, slot.offsets[index] as number, topics);
    const letter = condemnedLetter(origin, attempts);
    const outcome = await deadLetters.take(letter);
    if (outcome === undefined) return;
    settlement.settle({ slot, index, outcome, error: letter.error });
    settled();
  }

  /** One that was on disk alone. */
  async spilled({ sequence, record, attempts }: SpilledCondemned): Promise<void> {
    const { producer, topics, settlement, deadLetters, spooling, settled } = this.#context;
    const records = new RecordMemory(new Uint8Array(record).buffer);
    const letter = condemnedLetter(originOf(producer, records, 0, topics), attempts);
    const outcome = await deadLetters.take(letter);
    if (outcome === undefined || !spooling?.settled(sequence)) return;
    settlement.settleSpilled({ sequence, record, outcome, error: letter.error });
    settled();
  }
}
