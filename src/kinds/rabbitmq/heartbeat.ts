/**
 * Finds a connection that has been silent for twice its heartbeat. amqplib counts the heartbeats in which nothing came, so that it
 * needs up to three of them.
 */

import type { Socket } from 'node:net';
import type { ChannelModel } from 'amqplib';

/** How often it looks within a heartbeat. */
const LOOKS = 8;
const MS = 1000;

/** What amqplib knows of a connection beyond its types; `heartbeat` in s, as it was agreed upon with the server, 0 for none. */
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
    if (heartbeat > 0) this.#timer = setInterval(() => this.#look(), (heartbeat * MS) / LOOKS).unref();
  }

  get #isSilent(): boolean {
    if (this.#stream.bytesRead !== this.#bytes) {
      this.#bytes = this.#stream.bytesRead;
      this.#heardAt = performance.now();
    }
    return performance.now() - this.#heardAt >= this.#mostMs;
  }

  /** After a thread has stood still, what has come meanwhile is read first. */
  #look(): void {
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
