/** What the routes of a runtime ask a producer before they hand a message over to it and to others. */

import { asError } from '../errors.ts';
import type { Intake } from './intake.ts';
import type { WaitOptions } from './waiting.ts';

export interface GateContext {
  readonly intake: Intake;
  /** Whether callers wait when the queue is full. */
  readonly waits: boolean;
  /** @throws ProducerClosedError when nothing comes in any more */
  assertOpen(): void;
}

export class Gate {
  readonly #context: GateContext;

  constructor(context: GateContext) {
    this.#context = context;
  }

  /** Whether a caller of `enqueue` and `send` waits for room, rather than being refused. */
  get waits(): boolean {
    return this.#context.waits;
  }

  /** Whether there are callers who were here first. */
  get isAwaited(): boolean {
    return this.#context.intake.isAwaited;
  }

  /** Why a message of `bytes` (packed) would not be accepted at this moment; undefined when it would be. */
  refusal(bytes: number): Error | undefined {
    try {
      this.#context.assertOpen();
      return this.#context.intake.refusal(bytes);
    } catch (error) {
      return asError(error);
    }
  }

  /** Resolves when such a message may be accepted again. @throws QueueFullError at the deadline, ProducerClosedError */
  async untilRoomFor(bytes: number, wait: WaitOptions): Promise<void> {
    this.#context.assertOpen();
    await this.#context.intake.untilRoomFor(bytes, wait);
  }
}
