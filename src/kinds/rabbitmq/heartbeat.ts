/** Finds a connection silent for twice its heartbeat. amqplib counts intervals without data, and needs up to three. */

import type { Socket } from 'node:net';
import type { ChannelModel } from 'amqplib';

/** Number of checks within one heartbeat interval. */
const CHECKS = 8;
const MS = 1000;

/** Properties of a connection that amqplib's types lack. `heartbeat` is the negotiated interval in seconds, 0 for none. */
interface Connected {
  readonly heartbeat?: number;
  readonly stream?: Pick<Socket, 'bytesRead'>;
}

export class Heartbeat {
  readonly #stream: Pick<Socket, 'bytesRead'>;
  readonly #silent: () => void;
  readonly #mostMs: number;
  #bytes = 0;
  #heardAt = performance.now();
  readonly #timer: NodeJS.Timeout | undefined;

  /** `silent` is called once. */
  constructor({ connection }: Pick<ChannelModel, 'connection'>, silent: () => void) {
    const { heartbeat = 0, stream = { bytesRead: 0 } }: Connected = Object(connection);
    this.#stream = stream;
    this.#silent = silent;
    this.#mostMs = 2 * heartbeat * MS;
    if (heartbeat > 0) this.#timer = setInterval(() => this.#check(), (heartbeat * MS) / CHECKS).unref();
  }

  get #isSilent(): boolean {
    if (this.#stream.bytesRead !== this.#bytes) {
      this.#bytes = this.#stream.bytesRead;
      this.#heardAt = performance.now();
    }
    return performance.now() - this.#heardAt >= this.#mostMs;
  }

  /** Checks for silence twice if need be, because data that arrived while the thread was blocked is read in between. */
  #check(): void {
    if (this.#isSilent) setImmediate(() => this.#isSilent && this.#end());
  }

  #end(): void {
    this.stop();
    this.#silent();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
