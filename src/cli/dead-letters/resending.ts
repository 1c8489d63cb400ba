/** Sends dead letters again, in order, some at a time, and reports the outcome of each. */

import type { DeadLetter, DeadLetterTarget } from '../../caller/dead-letters/dead-letter.ts';
import type { StoredDeadLetter } from '../../caller/dead-letters/letter-line.ts';
import type { AnyProducer } from '../../runtime.ts';
import { asError, InvalidMessageError, PublishError } from '../../shared/errors.ts';
import { inputOf } from '../../shared/message/message.ts';
import { KEPT_ID } from '../../shared/route-hooks.ts';
import { onAbort } from '../../shared/util/abort.ts';
import { deferred } from '../../shared/util/deferred.ts';
import { toWire } from '../../shared/wire-error.ts';

/** Maximum number of dead letters in flight. It bounds how many an interrupted replay may send twice. */
const AT_ONCE = 200;
const BYTES_AT_ONCE = 8 * 2 ** 20;
/** Number of attempts that a dead letter keeps, so that one that is replayed for weeks does not grow for ever. */
const ATTEMPTS_KEPT = 100;

/** Outcome of a dead letter: delivered; left, because the replay ended; or abandoned again, as the letter it is now. */
export type Resent = 'delivered' | 'left' | StoredDeadLetter;

export interface ResendingContext {
  /** Time, in ms, without any settled message after which the replay stops. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Shuts the producers down, which settles every message in flight. */
  shutdown(): Promise<void>;
}

export class Resending {
  readonly #context: ResendingContext;
  /** Messages that the producers abandoned, by the cause of the error with which `send` rejects. */
  readonly #given = new Map<unknown, DeadLetter>();
  readonly #under = new Set<Promise<void>>();
  #bytes = 0;
  #moved = deferred();
  stopped: Error | undefined;

  constructor(context: ResendingContext) {
    this.#context = context;
    onAbort(context.signal, () => this.stop(new Error('interrupted')));
  }

  readonly target: DeadLetterTarget = (letter) => void this.#given.set(letter.error, letter);

  stop(why: Error): void {
    this.stopped ??= why;
    this.#moved.resolve();
  }

  /** Sends a dead letter when there is capacity. It counts as done after `settled` has resolved. Returns false once stopped. */
  async offer(
    letter: StoredDeadLetter,
    producer: AnyProducer,
    settled: (outcome: Resent) => Promise<void> | void,
  ): Promise<boolean> {
    while (!this.stopped && (this.#under.size >= AT_ONCE || this.#bytes >= BYTES_AT_ONCE)) await this.#movement();
    if (this.stopped) return false;
    const bytes = letter.message.value?.byteLength ?? 0;
    this.#bytes += bytes;
    const sending = this.#send(letter, producer)
      .then(settled)
      .catch((error) => this.stop(asError(error)))
      .finally(() => {
        this.#under.delete(sending);
        this.#bytes -= bytes;
        this.#moved.resolve();
      });
    this.#under.add(sending);
    return true;
  }

  /** Resolves when every offered dead letter has settled. After `stop` it shuts the producers down to settle the rest. */
  async allSettled(): Promise<void> {
    while (!this.stopped && this.#under.size > 0) await this.#movement();
    if (this.stopped) await this.#context.shutdown();
    await Promise.all(this.#under);
  }

  async #send(letter: StoredDeadLetter, producer: AnyProducer): Promise<Resent> {
    const { isError, id } = letter.message;
    try {
      await producer.send(inputOf(letter.message), {
        isError,
        timeout: Number.POSITIVE_INFINITY,
        ...(id !== '' && { [KEPT_ID]: id }),
      });
      return 'delivered';
    } catch (thrown) {
      return this.#failed(letter, asError(thrown));
    }
  }

  #failed(letter: StoredDeadLetter, error: Error): Resent {
    const given = this.#given.get(error.cause);
    this.#given.delete(error.cause);
    if (given !== undefined) return again(letter, given);
    if (error instanceof InvalidMessageError) return again(letter, invalid(error));
    // A producer that has ended accepts none of the others either.
    if (!(error instanceof PublishError)) this.stop(error);
    return 'left';
  }

  /** Waits until a message settles. Stops the replay if none does within the timeout. */
  async #movement(): Promise<void> {
    const { timeoutMs } = this.#context;
    const late = deferred<'late'>();
    const timer = setTimeout(() => late.resolve('late'), timeoutMs);
    const outcome = await Promise.race([this.#moved.promise, late.promise]);
    clearTimeout(timer);
    if (outcome === 'late') this.stop(new Error(`nothing was acknowledged for ${timeoutMs / 1000} s`));
    if (!this.stopped) this.#moved = deferred();
  }
}

type Failure = Pick<DeadLetter, 'at' | 'attempts' | 'reason' | 'reasonClass'>;

function invalid(error: Error): Failure {
  const at = Date.now();
  const reason = `${error.name}: ${error.message}`;
  return { at, attempts: [{ at, error: toWire(error) }], reason, reasonClass: 'permanent' };
}

/** Returns the same dead letter with the attempts of this replay. */
function again(letter: StoredDeadLetter, { at, attempts, reason, reasonClass }: Failure): StoredDeadLetter {
  return { ...letter, at, reason, reasonClass, attempts: [...letter.attempts, ...attempts].slice(-ATTEMPTS_KEPT) };
}
