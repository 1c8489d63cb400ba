/** Takes a message from the worker's report that it has permanently failed to its final state, by way of its dead-letter target. */

import { asError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { type DefaultTopics, packedIn } from '../../shared/memory/record.ts';
import type { FailedMessage } from '../../shared/protocol.ts';
import type { Counters } from '../counters.ts';
import type { MessageIds } from '../queue/message-ids.ts';
import type { MessageQueue } from '../queue/message-queue.ts';
import type { Settlement } from '../settlement/settlement.ts';
import type { OnDiskOnly } from '../spool/on-disk-only.ts';
import { failedDeadLetter, originOf } from './dead-letter.ts';
import type { DeadLetters } from './dead-letters.ts';

export interface PermanentFailuresContext {
  /** The producer's name. */
  readonly producer: string;
  readonly logger: Logger;
  readonly topics: DefaultTopics;
  readonly queue: Pick<MessageQueue, 'failPermanently'>;
  readonly onDiskOnly: Pick<OnDiskOnly, 'failPermanently' | 'giveUp'>;
  readonly settlement: Pick<Settlement, 'settle'>;
  readonly deadLetters: Pick<DeadLetters, 'take'>;
  readonly counters: Pick<Counters, 'permanentlyFailed' | 'deadLetters'>;
  readonly ids: Pick<MessageIds, 'of'>;
  /** Whether the message is in the spool, which no longer records that it has settled. So it is read again by the next run. */
  isKept(sequence: number): boolean;
  /** A message has settled, so there may be capacity for leases again. */
  settled(): void;
}

export class PermanentFailures {
  readonly #context: PermanentFailuresContext;

  constructor(context: PermanentFailuresContext) {
    this.#context = context;
  }

  /**
   * If no dead letter can be made or offered, the message stays pending and ends as undelivered. One that is accepted after the spool was
   * closed stays pending too, and ends as spooled.
   */
  take(failed: FailedMessage): void {
    const { logger, producer } = this.#context;
    this.#settle(failed).catch((error) =>
      logger.error({ producer, err: asError(error).message }, 'no dead letter could be made'),
    );
  }

  async #settle(failed: FailedMessage): Promise<void> {
    const { ids, settlement, deadLetters, counters, isKept, settled } = this.#context;
    const { sequence, attempts, id = ids.of(sequence) } = failed;
    const record = this.#recordOf(failed);
    if (record === undefined) return;
    counters.permanentlyFailed++;
    const letter = failedDeadLetter(originOf(this.#context, record, id), attempts);
    const outcome = await deadLetters.take(letter);
    if (outcome === undefined || isKept(sequence)) return;
    if (settlement.settle({ sequence, outcome, error: letter.error, worker: failed }))
      counters.deadLetters[letter.reasonClass]++;
    settled(); // even if the message had settled before, because one dead letter less is pending now
  }

  /**
   * Returns the record from memory, or else from the worker's report. If neither has it, the message crashed its worker and is on
   * disk only, and the next worker reads it and reports it. Returns undefined as well if the message has settled.
   */
  #recordOf(failed: FailedMessage) {
    const { queue, onDiskOnly } = this.#context;
    const { sequence, record } = failed;
    const inMemory = queue.failPermanently(sequence);
    if (inMemory !== undefined) return inMemory;
    if (record !== undefined) return onDiskOnly.failPermanently(sequence) ? packedIn(record) : undefined;
    onDiskOnly.giveUp(failed);
    return undefined;
  }
}
