/** From the word that a message is beyond help to its final state: it goes to whoever takes dead letters. */

import { type DefaultTopics, RecordMemory } from '../../shared/memory/record.ts';
import type { CondemnedMessage, SpilledCondemned } from '../../shared/protocol.ts';
import type { MessageIds } from '../queue/message-ids.ts';
import type { MessageQueue, RecordRange } from '../queue/message-queue.ts';
import type { Settlement } from '../settlement/settlement.ts';
import type { Spooling } from '../spool/spooling.ts';
import { condemnedLetter, originOf } from './dead-letter.ts';
import type { DeadLetters } from './dead-letters.ts';

export interface CondemningContext {
  /** The producer's name. */
  readonly producer: string;
  readonly topics: DefaultTopics;
  readonly queue: MessageQueue;
  readonly settlement: Settlement;
  readonly deadLetters: DeadLetters;
  readonly spooling: Spooling | undefined;
  readonly ids: Pick<MessageIds, 'of'>;
  /** One has settled, and there may be room for leases again. */
  settled(): void;
}

/** The attempts of a message, and its id where only the worker knows it. */
type Condemned = Pick<CondemnedMessage, 'attempts' | 'id'>;

export class Condemning {
  readonly #context: CondemningContext;

  constructor(context: CondemningContext) {
    this.#context = context;
  }

  /** A leased message. */
  async leased({ slot }: RecordRange, index: number, { attempts, id }: Condemned): Promise<void> {
    const { queue, settlement, deadLetters, settled, ids } = this.#context;
    queue.condemn(slot, index);
    const origin = originOf(
      this.#context,
      slot.records,
      slot.offsets[index] as number,
      id ?? ids.of(slot.firstSequence + index),
    );
    const letter = condemnedLetter(origin, attempts);
    const outcome = await deadLetters.take(letter);
    if (outcome === undefined) return;
    settlement.settle({ slot, index, outcome, error: letter.error });
    settled();
  }

  /** One that was on disk alone. */
  async spilled({ sequence, record, attempts, id }: SpilledCondemned): Promise<void> {
    const { settlement, deadLetters, spooling, settled } = this.#context;
    const records = new RecordMemory(new Uint8Array(record).buffer);
    const letter = condemnedLetter(originOf(this.#context, records, 0, id), attempts);
    const outcome = await deadLetters.take(letter);
    if (outcome === undefined) return;
    if (spooling?.settled(sequence))
      settlement.settleSpilled({ sequence, record, outcome, error: letter.error, ...(id !== undefined && { id }) });
    settled(); // also where it had settled before: there is one letter less
  }
}
