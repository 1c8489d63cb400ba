/** The destination of the memory kind. It keeps the messages as they came, and raises the failures that a test asked for. */

import { OutspoolError, TransientSendError } from '../../shared/errors.ts';
import type { Message } from '../../shared/message/message.ts';
import { type Deferred, deferred } from '../../shared/util/deferred.ts';

/** Returns the error with which the attempt of a message fails, or undefined for an attempt that succeeds. */
export type Failure = (message: Message) => Error | undefined;

interface Kept {
  readonly message: Message;
  isTaken: boolean;
}

interface Waiting extends Deferred<Message> {
  readonly topic: string;
}

/** Breaks the connection at once, instead of after a few more attempts. */
class DownError extends TransientSendError {
  readonly needsReset = true;
}

export class MemoryServer {
  readonly #keep: number;
  #kept: Kept[] = [];
  #waiting: Waiting[] = [];
  #failures: Error[] = [];
  #failure: Failure = () => undefined;
  isUp = true;

  constructor(keep: number) {
    this.#keep = keep;
  }

  get messages(): readonly Message[] {
    return this.#kept.map(({ message }) => message);
  }

  /** Keeps the message. @throws the error that the test asked for */
  deliver(message: Message): void {
    if (!this.isUp) throw new DownError('the memory is down()');
    const error = this.#failures.shift() ?? this.#failure(message);
    if (error !== undefined) throw error;
    const waiting = this.#waiting.find(({ topic }) => topic === message.topic);
    this.#kept.push({ message, isTaken: waiting !== undefined });
    if (this.#kept.length > this.#keep) this.#kept.shift();
    waiting?.resolve(message);
    this.#waiting = this.#waiting.filter((one) => one !== waiting);
  }

  failNext(errors: readonly Error[]): void {
    this.#failures.push(...errors);
  }

  failWhen(failure: Failure = () => undefined): void {
    this.#failure = failure;
  }

  clear(): void {
    this.#kept = [];
  }

  /** Returns the next message that was not taken yet. @throws OutspoolError when none comes within `timeoutMs` */
  async take(topic: string, timeoutMs: number): Promise<Message> {
    const there = this.#kept.find(({ message, isTaken }) => !isTaken && message.topic === topic);
    if (there === undefined) return this.#next(topic, timeoutMs);
    there.isTaken = true;
    return there.message;
  }

  async #next(topic: string, timeoutMs: number): Promise<Message> {
    const waiting = { ...deferred<Message>(), topic };
    this.#waiting.push(waiting);
    const late = () => waiting.reject(new OutspoolError(`no message on ${topic} within ${timeoutMs} ms`));
    const timer = Number.isFinite(timeoutMs) ? setTimeout(late, timeoutMs) : undefined;
    try {
      return await waiting.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting = this.#waiting.filter((one) => one !== waiting);
    }
  }
}
