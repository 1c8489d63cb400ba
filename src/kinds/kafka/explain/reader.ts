/** Reads the fields of an answer in Kafka's protocol. Each read throws a RangeError where the answer does not fit. */

/** More elements than any list in an answer to our questions has. */
const MOST_ELEMENTS = 100_000;
const VARINT_BYTES = 5;

export class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#skip(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#skip(4));
  }

  varint(): number {
    let value = 0;
    for (let index = 0; index < VARINT_BYTES; index++) {
      const byte = this.#bytes.readUInt8(this.#skip(1));
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number has too many bytes');
  }

  /** Reads a list. A null list makes librdkafka 2.12.0 end the process, so null does not fit either. */
  list<T>(isCompact: boolean, element: () => T): T[] {
    const count = isCompact ? this.varint() - 1 : this.int32();
    if (count < 0 || count > MOST_ELEMENTS) throw new RangeError(`a list has ${count} elements`);
    return Array.from({ length: count }, element);
  }

  text(isCompact: boolean): void {
    if (!this.nullableText(isCompact)) throw new RangeError('a text is null');
  }

  /** Skips a text, and returns whether there is one. */
  nullableText(isCompact: boolean): boolean {
    const length = isCompact ? this.varint() - 1 : this.int16();
    if (length < -1) throw new RangeError(`a text has ${length} bytes`);
    this.#skip(Math.max(length, 0));
    return length >= 0;
  }

  /** Skips tagged fields, in the forms that may have them. */
  tags(isCompact: boolean): void {
    for (let left = isCompact ? this.varint() : 0; left > 0; left--) {
      this.varint();
      this.#skip(this.varint());
    }
  }

  /** Skips `length` bytes. Returns where the reader was. */
  #skip(length: number): number {
    const at = this.#at;
    if (at + length > this.#bytes.length) throw new RangeError('an answer ends too early');
    this.#at += length;
    return at;
  }
}
