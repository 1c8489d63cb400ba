/** Takes a message from the worker's report that it has permanently failed to its final state, by way of its dead-letter target. */

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
  /** A message has settled, so there may be capacity for leases again. */
  settled(): void;
}

/** The attempts of a message, and its id if only the worker knows it. */
type Condemned = Pick<CondemnedMessage, 'attempts' | 'id'>;

export class Condemning {
  readonly #context: CondemningContext;

  constructor(context: CondemningContext) {
    this.#context = context;
  }

  /** Settles a permanently failed message that was leased to the worker. */
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

  /** Settles a permanently failed message that was on disk only. */
  async spilled({ sequence, record, attempts, id }: SpilledCondemned): Promise<void> {
    const { settlement, deadLetters, spooling, settled } = this.#context;
    const records = new RecordMemory(new Uint8Array(record).buffer);
    const letter = condemnedLetter(originOf(this.#context, records, 0, id), attempts);
    const outcome = await deadLetters.take(letter);
    if (outcome === undefined) return;
    if (spooling?.settled(sequence))
      settlement.settleSpilled({ sequence, record, outcome, error: letter.error, ...(id !== undefined && { id }) });
    settled(); // even if the message had settled before, because one dead letter less is pending now
  }
}
