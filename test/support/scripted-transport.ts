/** A transport that does what a test says, and notes what the loop asked of it and when. */

import type { Message } from '../../src/shared/message/message.ts';
import type { Batch, Transport } from '../../src/shared/transport.ts';

/** What one attempt of one message does: nothing = it is delivered; may return a promise. */
export type Script = (value: unknown, attempt: number, message: Message) => unknown;

export interface Call {
  readonly what: 'connect' | 'close' | 'send' | 'interrupt';
  readonly value?: unknown;
  /** Milliseconds of the (fake) clock. */
  readonly at: number;
}

export class ScriptedTransport implements Transport {
  readonly calls: Call[] = [];
  readonly delivered: unknown[] = [];
  readonly #script: Script;
  readonly #attempts = new Map<unknown, number>();
  /** What `_connect` does; may throw. */
  onConnect: (signal: AbortSignal) => unknown = () => {};
  onClose: () => unknown = () => {};

  constructor(script: Script = () => {}) {
    this.#script = script;
  }

  #note(what: Call['what'], value?: unknown): void {
    this.calls.push({ what, at: performance.now(), ...(value !== undefined && { value }) });
  }

  /** The calls in short: `connect`, `send 3`, `close`. */
  get story(): string[] {
    return this.calls.map(({ what, value }) => (value === undefined ? what : `${what} ${value}`));
  }

  async _connect(signal: AbortSignal): Promise<void> {
    this.#note('connect');
    await this.onConnect(signal);
  }

  async _send(_isError: boolean, message: Message): Promise<void> {
    const value = message.json();
    const attempt = (this.#attempts.get(value) ?? 0) + 1;
    this.#attempts.set(value, attempt);
    this.#note('send', value);
    await this.#script(value, attempt, message);
    this.delivered.push(value);
  }

  async _sendBatch(batch: Batch): Promise<void> {
    for (let index = 0; index < batch.size && !batch.signal.aborted; index++) {
      if (batch.skip(index)) continue;
      batch.attempting(index);
      try {
        await this._send(false, batch.message(index));
        batch.delivered(index);
      } catch (error) {
        return batch.failed(index, error as Error);
      }
    }
  }

  async _close(): Promise<void> {
    this.#note('close');
    await this.onClose();
  }
}
