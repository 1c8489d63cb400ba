/** Answers the routes of a runtime, which ask for capacity before they pass one message to this producer and to others. */

import { asError, QueueFullError } from '../../shared/errors.ts';
import type { WaitOptions } from '../../shared/util/wait.ts';
import type { EngineOptions } from '../options.ts';
import type { Intake } from './intake.ts';

const OTHERS_WAIT = 'others wait for room already';

/** Why a message would not be accepted. */
export interface Refusal {
  readonly error: Error;
  /** `later`, `awaited`: the queue is full and may have capacity later. Callers of `enqueue` and `send` wait only for `awaited`. */
  readonly capacity: 'never' | 'later' | 'awaited';
}

export interface CapacityCheckContext {
  readonly options: Pick<EngineOptions, 'name' | 'whenFull'>;
  readonly intake: Intake;
  /** @throws ProducerClosedError if no message is accepted any more */
  assertOpen(): void;
}

export class CapacityCheck {
  readonly #context: CapacityCheckContext;

  constructor(context: CapacityCheckContext) {
    this.#context = context;
  }

  /** Returns why a message of `bytes` (packed) would not be accepted now, or undefined if it would. */
  refusal(bytes: number): Refusal | undefined {
    const { assertOpen, intake } = this.#context;
    try {
      assertOpen();
      const error = intake.refusal(bytes);
      return error && { error: this.#named(error), capacity: this.#waits ? 'awaited' : 'later' };
    } catch (error) {
      const named = error instanceof QueueFullError ? this.#named(error) : asError(error);
      return { error: named, capacity: 'never' };
    }
  }

  /** Whether callers wait for capacity. */
  get isAwaited(): boolean {
    return this.#context.intake.isAwaited;
  }

  /** Like `refusal`, for a caller that is ready to wait. It must not pass callers that wait already. */
  refusalInTurn(bytes: number): Refusal | undefined {
    const others = this.#waits && this.#context.intake.isAwaited;
    return (
      this.refusal(bytes) ??
      (others ? { error: this.#named(new QueueFullError(OTHERS_WAIT)), capacity: 'awaited' } : undefined)
    );
  }

  /** Resolves when a message of `bytes` may be accepted again. @throws QueueFullError at the deadline, ProducerClosedError */
  async untilRoomFor(bytes: number, wait: WaitOptions): Promise<void> {
    this.#context.assertOpen();
    try {
      await this.#context.intake.untilRoomFor(bytes, wait);
    } catch (error) {
      throw error instanceof QueueFullError ? this.#named(error) : error;
    }
  }

  /** Whether callers wait when the queue is full. */
  get #waits(): boolean {
    return this.#context.options.whenFull === 'block';
  }

  /** Adds the producer's name, because a caller of a route does not know whose queue is full. */
  #named({ message }: QueueFullError): QueueFullError {
    return new QueueFullError(`producer ${this.#context.options.name}: ${message}`);
  }
}
