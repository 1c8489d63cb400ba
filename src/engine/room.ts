/** Callers that wait for room in the queue, first come first served. */

import { asError, PublishError, QueueFullError } from '../errors.ts';
import { type Wait, type WaitOptions, wait } from './waiting.ts';

interface Turn {
  readonly wait: Wait<unknown>;
  /** Those behind are not asked in the same turn of the event loop. */
  readonly takesLater: boolean;
  /** Tries again; true when the caller need not wait any longer. */
  attempt(): boolean;
}

interface RoomOptions extends WaitOptions {
  /** The room is taken a moment after `attempt` has found it, and those behind must not take it first. @default false */
  readonly takesLater?: boolean;
}

/** Who waits first has then waited for long: deliveries alone do not make room. */
const PATIENCE_MS = 250;

export class Room {
  readonly #waitedLong: (() => void) | undefined;
  #turns: Turn[] = [];
  #patience: NodeJS.Timeout | undefined;

  /** `waitedLong` is called while whoever waits first goes on waiting, every 250 ms. */
  constructor(waitedLong?: () => void) {
    this.#waitedLong = waitedLong;
  }

  /**
   * Resolves with what `attempt` returns once that is not undefined; it is called whenever there may be room.
   * @throws QueueFullError at the deadline, PublishError when aborted, ProducerClosedError at shutdown
   */
  async until<T>(attempt: () => T | undefined, options: RoomOptions): Promise<T> {
    options.signal?.throwIfAborted();
    const first = this.#turns.length === 0 ? attempt() : undefined;
    return first ?? this.#queue(attempt, options);
  }

  #queue<T>(attempt: () => T | undefined, options: RoomOptions): Promise<T> {
    const turn: Turn & { wait: Wait<T> } = {
      takesLater: options.takesLater === true,
      wait: wait<T>(options, (reason) => {
        this.#turns = this.#turns.filter((other) => other !== turn);
        return gaveUp(reason, options);
      }),
      attempt: () => {
        const got = tryAttempt(attempt, turn.wait);
        if (got !== undefined) turn.wait.resolve(got);
        return got !== undefined || turn.wait.settled();
      },
    };
    if (!turn.wait.settled()) this.#turns.push(turn);
    if (this.#turns.length === 1) this.#watch();
    return turn.wait.promise;
  }

  /** Whether nobody waits. */
  get isEmpty(): boolean {
    return this.#turns.length === 0;
  }

  /** There may be room again. */
  opened(): void {
    const first = this.#turns[0];
    while (this.#turns[0]?.attempt()) if (this.#turns.shift()?.takesLater) break;
    if (this.#turns[0] !== first) this.#watch();
  }

  #watch(): void {
    clearTimeout(this.#patience);
    if (this.#waitedLong === undefined || this.isEmpty) return;
    this.#patience = setTimeout(() => {
      this.#waitedLong?.();
      this.#watch();
    }, PATIENCE_MS).unref();
  }

  /** Nobody will get room any more. */
  close(error: Error): void {
    for (const { wait } of this.#turns.splice(0)) wait.reject(error);
    this.#watch();
  }
}

function tryAttempt<T>(attempt: () => T | undefined, { reject }: Wait<T>): T | undefined {
  try {
    return attempt();
  } catch (error) {
    reject(asError(error));
    return undefined;
  }
}

/** What a caller learns who waited for room in vain. */
export const gaveUp = (reason: 'timeout' | 'aborted', { signal, timeout }: WaitOptions): Error =>
  reason === 'timeout'
    ? new QueueFullError(`no room in the queue within ${timeout ?? 'the default of 10000'} ms`)
    : new PublishError('waiting for room was aborted; the message was not accepted', 'withdrawn', {
        cause: signal?.reason,
      });
