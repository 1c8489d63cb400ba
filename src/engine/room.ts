/** Callers that wait for room in the queue, first come first served. */

import { asError, PublishError, QueueFullError } from '../errors.ts';
import { JOBS_A_TURN } from '../pacer.ts';
import { type Wait, type WaitOptions, Waits } from './waiting.ts';

/** What a caller waits for. */
interface Turn {
  /** Those behind are not asked in the same turn of the event loop. */
  readonly takesLater: boolean;
  /** Tries again. Undefined while there is no room. */
  attempt(): unknown;
}

interface RoomOptions extends WaitOptions {
  /** The room is taken a moment after `attempt` has found it, and those behind must not take it first. @default false */
  readonly takesLater?: boolean;
}

/** A caller that has waited first for so long: deliveries alone do not make room. */
const PATIENCE_MS = 250;

export class Room {
  readonly #waitedLong: ((ms: number) => void) | undefined;
  readonly #waits = new Waits<unknown, Turn>(() => this.#left());
  #patience: NodeJS.Timeout | undefined;

  /** `waitedLong` is called every 250 ms while the first caller goes on waiting, with how long it has waited as the first, in ms. */
  constructor(waitedLong?: (ms: number) => void) {
    this.#waitedLong = waitedLong;
  }

  /**
   * Resolves with what `attempt` returns once that is not undefined; it is called whenever there may be room.
   * @throws QueueFullError at the deadline, PublishError when aborted, ProducerClosedError at shutdown
   */
  async until<T>(attempt: () => T | undefined, options: RoomOptions): Promise<T> {
    options.signal?.throwIfAborted();
    const first = this.isEmpty ? attempt() : undefined;
    return first ?? this.#queue(attempt, options);
  }

  #queue<T>(attempt: () => T | undefined, options: RoomOptions): Promise<T> {
    const turn = { takesLater: options.takesLater === true, attempt };
    const { promise } = this.#waits.add(turn, options, (reason) => gaveUp(reason, options));
    if (this.#waits.size === 1) this.#watch();
    return promise as Promise<T>;
  }

  /** Whether no caller waits. */
  get isEmpty(): boolean {
    return this.#waits.isEmpty;
  }

  /** There may be room again. Returns whether callers are left who have not been asked: it is to be called again, in a later turn. */
  opened(): boolean {
    const { first } = this.#waits;
    const isLeft = this.#serve();
    if (this.#waits.first !== first) this.#watch();
    return isLeft;
  }

  #serve(): boolean {
    for (let served = 0; served < JOBS_A_TURN; served++) {
      const { first } = this.#waits;
      if (first === undefined || !tryAttempt(first) || first.about.takesLater) return false;
    }
    return !this.isEmpty;
  }

  #watch(waitedMs = 0): void {
    clearTimeout(this.#patience);
    if (this.#waitedLong === undefined || this.isEmpty) return;
    this.#patience = setTimeout(() => {
      const ms = waitedMs + PATIENCE_MS;
      this.#waitedLong?.(ms);
      this.#watch(ms);
    }, PATIENCE_MS).unref();
  }

  #left(): void {
    if (this.isEmpty) clearTimeout(this.#patience);
  }

  /** From now on there is no room for any caller. */
  close(error: Error): void {
    this.#waits.settle((wait) => wait.reject(() => error));
  }
}

/** Returns whether the caller need not wait any longer. */
function tryAttempt(wait: Wait<unknown, Turn>): boolean {
  if (wait.endIfAborted()) return true;
  try {
    const got = wait.about.attempt();
    if (got !== undefined) wait.resolve(got);
  } catch (error) {
    wait.reject(() => asError(error));
  }
  return wait.isSettled;
}

/** What a caller learns who waited for room in vain. */
export const gaveUp = (reason: 'timeout' | 'aborted', { signal, timeout }: WaitOptions): Error =>
  reason === 'timeout'
    ? new QueueFullError(`no room in the queue within ${timeout ?? 'the default of 10000'} ms`)
    : new PublishError('waiting for room was aborted; the message was not accepted', 'withdrawn', {
        cause: signal?.reason,
      });
