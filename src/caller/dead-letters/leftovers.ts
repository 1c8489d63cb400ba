/** Settles the messages that are left when the producer ends. They are dead-lettered, kept on disk, or abandoned. */

import { asError, OutspoolError, PublishError } from '../../shared/errors.ts';
import { DEFAULT_TIMEOUT_MS } from '../../shared/util/wait.ts';
import type { Counters } from '../counters.ts';
import type { EngineOptions } from '../options.ts';
import type { Life } from '../producer-state.ts';
import type { MessageIds } from '../queue/message-ids.ts';
import type { MessageQueue } from '../queue/message-queue.ts';
import type { Settlement } from '../settlement/settlement.ts';
import type { Spooling } from '../spool/spooling.ts';
import type { DeadLetters } from './dead-letters.ts';
import { LastDeadLetters } from './last-letters.ts';

export interface RemainsContext {
  readonly options: Pick<EngineOptions, 'name' | 'logger' | 'settings' | 'onShutdown'>;
  readonly queue: MessageQueue;
  readonly settlement: Settlement;
  readonly deadLetters: DeadLetters;
  readonly counters: Counters;
  readonly spooling: Spooling | undefined;
  readonly life: Pick<Life, 'lastError'>;
  readonly ids: MessageIds;
  /** All remaining messages have settled. */
  settled(): void;
}

export class Remains {
  readonly #context: RemainsContext;
  readonly #letters: LastDeadLetters;

  constructor(context: RemainsContext) {
    const { name: producer, settings: topics, logger } = context.options;
    this.#context = context;
    this.#letters = new LastDeadLetters({ ...context, topics, producer, logger });
  }

  /** Whether remaining messages go to the dead-letter target. With a spool, they stay on disk. */
  get areGivenAway(): boolean {
    const { options, spooling } = this.#context;
    return options.onShutdown === 'dead_letter' && spooling === undefined;
  }

  /** Resolves when the dead-letter target has taken the remaining messages, or at the deadline. */
  giveAway(timeoutMs: number): Promise<void> {
    const { lastError } = this.#context.life;
    const why = lastError ? ` (${lastError.name}: ${lastError.message})` : '';
    const ended = new OutspoolError(`the producer ended before the message was delivered${why}`);
    return this.#letters.run(timeoutMs, ended);
  }

  /** Dead-letters what it can and abandons the rest, because the producer cannot go on. */
  async leave(error: Error): Promise<void> {
    const { logger, name: producer } = this.#context.options;
    try {
      if (this.areGivenAway) await this.giveAway(DEFAULT_TIMEOUT_MS);
      const undelivered = this.abandon(error);
      if (undelivered > 0) logger.error({ producer, undelivered }, 'messages will not be delivered by this producer');
    } catch (failure) {
      logger.error({ producer, err: asError(failure).message }, 'what was left could not be settled');
    }
  }

  /** Settles everything that is pending as spooled or undelivered. Returns how many messages are undelivered. */
  abandon(error?: Error): number {
    const { queue, settlement, spooling, settled } = this.#context;
    let undelivered = 0;
    spooling?.seal();
    try {
      queue.forEachPending((sequence) => {
        const outcome = spooling?.has(sequence) ? 'spooled' : 'undelivered';
        if (outcome === 'undelivered') undelivered++;
        settlement.settle({ sequence, outcome, error });
      });
    } finally {
      spooling?.end(new PublishError('the producer ended', 'unknown', { cause: error }));
      settlement.settleRun([-Infinity, Infinity], 'spooled', error);
      settled();
    }
    return undelivered;
  }
}
