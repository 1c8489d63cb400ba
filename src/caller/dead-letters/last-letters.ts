/** Offers the messages that are left at the end to the dead-letter target, in order, until the deadline (`on_shutdown: dead_letter`). */

import { errorText } from '../../shared/error-text.ts';
import { asError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { DefaultTopics, PackedRecord } from '../../shared/memory/record.ts';
import { RECORD_STATE } from '../../shared/memory/slot.ts';
import { orAborted } from '../../shared/util/abort.ts';
import { LONGEST_TIMER_MS } from '../../shared/util/wait.ts';
import type { Counters } from '../counters.ts';
import type { MessageIds } from '../queue/message-ids.ts';
import type { MessageQueue } from '../queue/message-queue.ts';
import type { Settlement } from '../settlement/settlement.ts';
import { leftoverDeadLetter, originOf } from './dead-letter.ts';
import type { DeadLetters } from './dead-letters.ts';

/** Largest number of dead letters offered together, so that a file writes them together, and their largest size in bytes. */
const GROUP_LETTERS = 1000;
const GROUP_BYTES = 4 * 2 ** 20;

export interface LastDeadLettersContext {
  readonly queue: MessageQueue;
  readonly settlement: Settlement;
  readonly deadLetters: DeadLetters;
  readonly counters: Pick<Counters, 'deadLetters'>;
  readonly topics: DefaultTopics;
  readonly ids: Pick<MessageIds, 'of'>;
  /** The producer's name. */
  readonly producer: string;
  readonly logger: Logger;
}

export class LastDeadLetters {
  readonly #context: LastDeadLettersContext;
  #run: Promise<void> | undefined;

  constructor(context: LastDeadLettersContext) {
    this.#context = context;
  }

  /** Offers every message that is left, once. Resolves when that is done, or at the deadline. Refused messages stay pending. */
  run(timeoutMs: number, error: Error): Promise<void> {
    this.#run ??= this.#offerAll(timeoutMs, error);
    return this.#run;
  }

  async #offerAll(timeoutMs: number, error: Error): Promise<void> {
    const late = new AbortController();
    const timer = timeoutMs < LONGEST_TIMER_MS ? setTimeout(() => late.abort(), timeoutMs) : undefined;
    let taken = 0;
    try {
      for (const group of this.#groups()) {
        if (late.signal.aborted) break;
        const before = taken;
        taken += await this.#offer(group, error, late.signal);
        if (taken === before) break; // the target would refuse the groups behind as well
      }
    } finally {
      clearTimeout(timer);
    }
    const { logger, producer } = this.#context;
    if (taken > 0) logger.warn({ producer, messages: taken }, 'messages left at the end were dead-lettered');
  }

  /** Pending messages, except those that have permanently failed, because their target has them already. */
  #left(): number[] {
    const left: number[] = [];
    this.#context.queue.forEachPending((sequence, state) => {
      if (state !== RECORD_STATE.permanentlyFailed) left.push(sequence);
    });
    return left;
  }

  *#groups(): Generator<number[]> {
    let group: number[] = [];
    let bytes = 0;
    for (const sequence of this.#left()) {
      const record = this.#recordOf(sequence);
      group.push(sequence);
      bytes += record?.records.sizeAt(record.offset) ?? 0;
      if (group.length < GROUP_LETTERS && bytes < GROUP_BYTES) continue;
      yield group;
      group = [];
      bytes = 0;
    }
    if (group.length > 0) yield group;
  }

  /** Returns undefined if the message was withdrawn meanwhile. */
  #recordOf(sequence: number): PackedRecord | undefined {
    return this.#context.queue.slotOf(sequence)?.recordOf(sequence);
  }

  /** Returns how many dead letters the target took before the signal was aborted. */
  async #offer(group: readonly number[], error: Error, signal: AbortSignal): Promise<number> {
    const { logger, producer } = this.#context;
    const failures: Error[] = [];
    let taken = 0;
    const offers = group.map(async (sequence) => {
      const failure = await this.#offerOne(sequence, error, signal);
      if (signal.aborted) return;
      if (failure === undefined) taken++;
      else failures.push(failure);
    });
    await orAborted(Promise.all(offers), signal);
    if (failures[0]) logger.error({ producer, err: errorText(failures[0]) }, 'the dead-letter target failed');
    return taken;
  }

  /** Returns the target's failure. A dead letter taken after the deadline is not counted, because it was counted as left already. */
  async #offerOne(sequence: number, error: Error, signal: AbortSignal): Promise<Error | undefined> {
    const { settlement, deadLetters, counters, ids } = this.#context;
    const record = this.#recordOf(sequence);
    if (record === undefined) return undefined;
    try {
      const origin = originOf(this.#context, record, ids.of(sequence));
      await deadLetters.offer(leftoverDeadLetter(origin, error), signal);
      const isSettled = !signal.aborted && settlement.settle({ sequence, outcome: 'deadLettered', error });
      if (isSettled) counters.deadLetters.shutdown++;
      return undefined;
    } catch (failure) {
      return asError(failure);
    }
  }
}
