/** Callers that wait for capacity in the queue, first come first served. */

import { asError, PublishError, QueueFullError } from '../../shared/errors.ts';
import { JOBS_A_TURN } from '../../shared/util/pacer.ts';
import { type Reason, type Wait, type WaitOptions, Waits } from '../../shared/util/wait.ts';

/** Tries again what the caller wants. Returns undefined while there is no capacity. */
type Attempt<T = unknown> = () => T | undefined;

interface RoomOptions extends WaitOptions {
  /**
   * Whether the caller takes the capacity only a moment after its attempt has found it. Callers behind it must not take it first, so they
   * are not asked in the same turn of the event loop. @default false
   */
  readonly takesLater?: boolean;
  /** The value to resolve with at the deadline, if reaching it is no failure. */
  readonly late?: unknown;
}

/** Time in ms after which the first caller counts as waiting long, because deliveries alone do not free capacity. */
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
   * `waitedLong` is called every 250 ms while the first caller continues to wait, with the time in ms that it has waited as the first.
   * `gaveUp` is called when a caller stops waiting, because callers behind it may want less capacity than it did.
   */
  constructor(waitedLong?: (ms: number) => void, gaveUp?: () => void) {
    this.#waitedLong = waitedLong;
    this.#gaveUp = gaveUp;
  }

  /**
   * Resolves with the value of `attempt` once that is not undefined. `attempt` is called when there may be capacity again, not at once.
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

  /** There may be capacity again. Returns true if callers are left to ask, which needs another call in a later turn. */
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

  /** Returns whether the caller's wait is over. */
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

  /** Ends all waits with `error`, because there will be no more capacity. */
  close(error: Error): void {
    this.#waits.settle((wait) => {
      wait.reject(() => error);
      this.#gaveUp?.();
    });
  }
}

/** Returns the error of a caller whose wait for capacity was in vain. */
export const gaveUp = (reason: Reason, { signal, timeout }: WaitOptions): Error =>
  reason === 'timeout'
    ? new QueueFullError(`no room in the queue within ${timeout ?? 'the default of 10000'} ms`)
    : new PublishError('waiting for room was aborted; the message was not accepted', 'withdrawn', {
        cause: signal?.reason,
      });
