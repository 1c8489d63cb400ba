/** A conversation with a broker in Kafka's protocol, for questions that no Kafka client asks by itself. */

import type { Socket } from 'node:net';

const CLIENT = 'outspool-check';
/** Maximum size of an answer in bytes. No answer to our questions is longer. */
const LONGEST_ANSWER = 1 << 20;

export const int8 = (value: number): Buffer => Buffer.from([value]);

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

/** A string with its length, and a blob with its length. */
export const text = (value: string): Buffer => Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
export const blob = (value: string): Buffer => Buffer.concat([int32(Buffer.byteLength(value)), Buffer.from(value)]);

export interface Request {
  /** API key of the request in Kafka's protocol, and the version of its form. */
  readonly api: number;
  readonly version: number;
  readonly body: readonly Buffer[];
}

/** Owns its socket, and destroys it at the deadline, a time of `performance.now()`. */
export class Dialogue {
  readonly #socket: Socket;
  readonly #parts: AsyncIterator<Buffer>;
  readonly #deadline: NodeJS.Timeout;
  #received = Buffer.alloc(0);
  #count = 0;

  constructor(socket: Socket, end: number) {
    this.#socket = socket;
    this.#parts = socket[Symbol.asyncIterator]();
    this.#deadline = setTimeout(() => socket.destroy(), Math.max(end - performance.now(), 1));
  }

  /** Resolves with the answer without its header. @throws Error when the broker disconnects, or does not answer in time */
  async ask({ api, version, body }: Request): Promise<Buffer> {
    const number = ++this.#count;
    const request = Buffer.concat([int16(api), int16(version), int32(number), text(CLIENT), ...body]);
    this.#socket.write(Buffer.concat([int32(request.length), request]));
    const length = (await this.#take(4)).readInt32BE();
    if (length < 4 || length > LONGEST_ANSWER) throw new Error(`a broker answers with ${length} bytes`);
    const answer = await this.#take(length);
    if (answer.readInt32BE() !== number) throw new Error('a broker answers another request');
    return answer.subarray(4);
  }

  async #take(length: number): Promise<Buffer> {
    while (this.#received.length < length) {
      const { value, done } = await this.#parts.next();
      if (done === true) throw new Error('a broker has closed the connection');
      this.#received = Buffer.concat([this.#received, value]);
    }
    const taken = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return taken;
  }

  close(): void {
    clearTimeout(this.#deadline);
    this.#socket.destroy();
  }
}
