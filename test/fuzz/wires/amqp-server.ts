/** A server that speaks as much AMQP 0-9-1 as a publisher needs: it opens, declares and confirms whatever it is asked. */

const HEADER_BYTES = 8;
const FRAME = { method: 1, header: 2, body: 3 } as const;
const FRAME_END = 0xce;

const shorts = (...values: readonly number[]): Buffer =>
  Buffer.from(values.flatMap((value) => [value >> 8, value & 255]));
function long(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
const longText = (text: string): Buffer => Buffer.concat([long(text.length), Buffer.from(text)]);

export function frame(type: number, channel: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type]), shorts(channel), long(payload.length), payload, Buffer.from([FRAME_END])]);
}

const EMPTY = Buffer.alloc(0);
const START = Buffer.concat([shorts(10, 10), Buffer.from([0, 9]), long(0), longText('PLAIN'), longText('en_US')]);
const TUNE = Buffer.concat([shorts(10, 30), shorts(2047), long(131_072), shorts(60)]);

/** What follows each method, by class and number; others have no answer. */
const ANSWERS: ReadonlyMap<string, Buffer> = new Map([
  ['10.11', TUNE],
  ['10.40', Buffer.concat([shorts(10, 41), Buffer.from([0])])],
  ['10.50', shorts(10, 51)],
  ['20.10', Buffer.concat([shorts(20, 11), long(0)])],
  ['20.40', shorts(20, 41)],
  ['40.10', shorts(40, 11)],
  ['50.10', Buffer.concat([shorts(50, 11), Buffer.from([1, 0x71]), long(0), long(0)])],
  ['50.20', shorts(50, 21)],
  ['85.10', shorts(85, 11)],
]);

/** One connection. Takes the client's bytes, and gives frames to `answer`, each with its channel and payload. */
export class AmqpConnection {
  readonly #answer: (channel: number, payload: Buffer) => void;
  #bytes: Buffer = EMPTY;
  #isOpen = false;
  /** Messages by channel, and what is missing of the last one. */
  readonly #published = new Map<number, number>();
  #missing = 0;

  constructor(answer: (channel: number, payload: Buffer) => void) {
    this.#answer = answer;
  }

  take(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    if (!this.#isOpen && this.#bytes.length >= HEADER_BYTES) {
      this.#isOpen = true;
      this.#bytes = this.#bytes.subarray(HEADER_BYTES);
      this.#answer(0, START);
    }
    while (this.#isOpen && this.#bytes.length >= 8 && this.#bytes.length >= 8 + this.#bytes.readUInt32BE(3))
      this.#next();
  }

  #next(): void {
    const end = 7 + this.#bytes.readUInt32BE(3);
    const [type, channel, payload] = [this.#bytes[0], this.#bytes.readUInt16BE(1), this.#bytes.subarray(7, end)];
    this.#bytes = this.#bytes.subarray(end + 1);
    if (type === FRAME.method) this.#method(channel, payload);
    if (type === FRAME.header) this.#missing = Number(payload.readBigUInt64BE(4));
    if (type === FRAME.body) this.#missing -= payload.length;
    if ((type === FRAME.header || type === FRAME.body) && this.#missing === 0) this.#confirm(channel);
  }

  #method(channel: number, payload: Buffer): void {
    const answer = ANSWERS.get(`${payload.readUInt16BE(0)}.${payload.readUInt16BE(2)}`);
    if (payload.readUInt16BE(0) === 20) this.#published.set(channel, 0);
    if (answer !== undefined) this.#answer(channel, answer);
  }

  #confirm(channel: number): void {
    const number = (this.#published.get(channel) ?? 0) + 1;
    this.#published.set(channel, number);
    this.#answer(channel, Buffer.concat([shorts(60, 80), long(0), long(number), Buffer.from([0])]));
  }
}
