/**
 * One request and its answer, as the handler that undici calls. `Pool.request()` would make a stream and an abort signal for each
 * answer. Here the beginning of a body is kept only where it may be shown, and headers are decoded when they are asked for.
 */

import type { BodyForm } from './readable.ts';

/** Bytes of an answer that are read. The connection of a longer answer is closed. */
const LONGEST_ANSWER = 1024 * 1024;
/** Bytes of an answer that are kept for display. */
const KEPT = 16 * 1024;
const [FINAL, CLIENT_ERROR] = [200, 400] as const;

/** Why a request ended before its answer was complete, other than by a failure. */
export type Cancelled = 'deadline' | 'abandoned';

class CancelledError extends Error {}

export class Exchange {
  readonly #resolve: () => void;
  readonly #reject: (error: unknown) => void;
  readonly #parts: Buffer[] = [];
  #raw: readonly Buffer[] = [];
  #abort: ((error: Error) => void) | undefined;
  #read = 0;
  #keptBytes = 0;
  /** When its deadline is, see `Deadlines`. */
  endsAt = 0;
  /** Status of the final answer, once its headers are complete. */
  status: number | undefined;
  cancelled: Cancelled | undefined;

  /** `resolve` is called when the answer is complete, or too long to read on. */
  constructor(resolve: () => void, reject: (error: unknown) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Ends the request. One that waits for a connection ends when it would be sent. */
  cancel(reason: Cancelled): void {
    this.cancelled ??= reason;
    this.#abort?.(new CancelledError(reason));
  }

  expired(): void {
    this.cancel('deadline');
  }

  onConnect(abort: (error?: Error) => void): void {
    if (this.cancelled !== undefined) abort(new CancelledError(this.cancelled));
    else this.#abort = abort;
  }

  onHeaders(status: number, raw: Buffer[]): boolean {
    if (status < FINAL) return true; // an interim answer
    this.status = status;
    this.#raw = raw;
    return true;
  }

  onData(part: Buffer): boolean {
    this.#read += part.length;
    if ((this.status as number) >= CLIENT_ERROR && this.#keptBytes < KEPT)
      this.#keep(part.subarray(0, KEPT - this.#keptBytes));
    if (this.#read > LONGEST_ANSWER) {
      this.#resolve();
      this.#abort?.(new CancelledError('the answer is too long'));
    }
    return true;
  }

  #keep(part: Buffer): void {
    this.#parts.push(part);
    this.#keptBytes += part.length;
  }

  onComplete(): void {
    this.#resolve();
  }

  onError(error: Error): void {
    this.#reject(error);
  }

  /** Returns the beginning of the body of a refusal. */
  get kept(): Buffer {
    return Buffer.concat(this.#parts);
  }

  get isCut(): boolean {
    return this.#keptBytes >= KEPT;
  }

  get form(): BodyForm {
    return { contentType: this.header('content-type'), contentEncoding: this.header('content-encoding') };
  }

  /** Returns a header's value, or a list of the values of a header that came more than once. */
  header(name: string): string | readonly string[] | undefined {
    const values: string[] = [];
    for (let index = 0; index + 1 < this.#raw.length; index += 2)
      if (this.#raw[index]?.length === name.length && latin1(this.#raw[index]).toLowerCase() === name)
        values.push(latin1(this.#raw[index + 1]));
    return values.length > 1 ? values : values[0];
  }
}

const latin1 = (bytes: Buffer | undefined): string => bytes?.toString('latin1') ?? '';
