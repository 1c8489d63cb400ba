/** Callers that wait for room in the queue, first come first served. */

import { asError, PublishError, QueueFullError } from '../../shared/errors.ts';
import { JOBS_A_TURN } from '../../shared/util/pacer.ts';
import { type Reason, type Wait, type WaitOptions, Waits } from '../../shared/util/wait.ts';

/** Tries again. Undefined while there is no room. */
type Attempt<T = unknown> = () => T | undefined;

interface RoomOptions extends WaitOptions {
  /**
   * The room is taken a moment after the attempt has found it, and those behind must not take it first: they are not asked in the
   * same turn of the event loop. @default false
   */
  readonly takesLater?: boolean;
  /** What it is at the deadline, where that is no failure. */
  readonly late?: unknown;
}

/** A caller that has waited first for so long: deliveries alone do not make room. */
const PATIENCE_MS = 250;

export class Room {
  readonly #waitedLong: ((ms: number) => void) | undefined;
  readonly #gaveUp: (() => void) | undefined;
  readonly #waits = new Waits<unknown, Attempt, RoomOptions>(
    ({ options }, reason) => {
      this.#gaveUp?.();
      if (reason === 'timeout' && options.late !== undefined) return options.late;
      throw gaveUp(reason, options);
    },
    () => this.#left(),
  );
  #patience: NodeJS.Timeout | undefined;

  /**
   * `waitedLong` is called every 250 ms while the first caller goes on waiting, with how long it has waited as the first, in ms;
   * `gaveUp` when a caller waits no more: what it wanted may have been larger than what those behind it want.
   */
  constructor(waitedLong?: (ms: number) => void, gaveUp?: () => void) {
    this.#waitedLong = waitedLong;
    this.#gaveUp = gaveUp;
  }

  /**
   * Resolves with what `attempt` returns once that is not undefined; it is called when there may be room again, not at once.
   * @throws QueueFullError at the deadline, PublishError when aborted, ProducerClosedError at shutdown
   */
  until<T>(attempt: Attempt<T>, options: RoomOptions): Promise<T> {
    const { promise } = this.#waits.add(attempt, options);
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
      if (first === undefined || !this.#tryAttempt(first) || first.options.takesLater === true) return false;
    }
    return !this.isEmpty;
  }

  /** Returns whether the caller need not wait any longer. */
  #tryAttempt(wait: Wait<unknown, Attempt, RoomOptions>): boolean {
    if (wait.endIfAborted()) return true;
    try {
      const got = wait.about();
      if (got !== undefined) wait.resolve(got);
    } catch (error) {
      wait.reject(() => asError(error));
      this.#gaveUp?.();
    }
    return wait.isSettled;
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
    this.#waits.settle((wait) => {
      wait.reject(() => error);
      this.#gaveUp?.();
    });
  }
}

/** What a caller learns who waited for room in vain. */
export const gaveUp = (reason: Reason, { signal, timeout }: WaitOptions): Error =>
  reason === 'timeout'
    ? new QueueFullError(`no room in the queue within ${timeout ?? 'the default of 10000'} ms`)
    : new PublishError('waiting for room was aborted; the message was not accepted', 'withdrawn', {
        cause: signal?.reason,
      });
