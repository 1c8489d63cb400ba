/**
 * Messages of one partition that are reported as delivered, without an offset.
 *
 * librdkafka reports so when a request got no answer and a later request was accepted. Its reason is that the broker would have
 * refused the later request if it had not stored the earlier one. That fails for a new log, which accepts any sequence number,
 * as from an unknown producer. A topic that was deleted and created again has such logs, and what was in flight to the old one
 * is lost. The offset of the later request tells the two cases apart.
 */

export interface Doubt {
  /** The message is stored. */
  confirm(): void;
  /** The message is not stored, or may not be. It must be sent again. */
  again(): void;
}

export class Doubts {
  readonly #held: Doubt[] = [];
  /** The last offset that was reported; -1 before the first one, and where brokers report none (`acks: 0`). */
  #offset = -1;
  #isOther = false;

  /** The last reported offset; -1 where none was reported. */
  get lastOffset(): number {
    return this.#offset;
  }

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  /** Whether this report must wait for the next one. */
  isDoubtful(offset: number): boolean {
    return offset < 0 && this.#offset >= 0;
  }

  hold(doubt: Doubt): void {
    this.#held.push(doubt);
  }

  /** Called when the topic was missing, because it may now be another topic of the same name. */
  forget(): void {
    this.#isOther = true;
  }

  /** Decides on the held reports by the offset of the next message; undefined where no message follows. */
  decide(offset?: number): void {
    const isStored = !this.#isOther && (offset === undefined || offset > this.#offset + this.#held.length);
    if (offset !== undefined && offset >= 0) [this.#offset, this.#isOther] = [offset, false];
    if (this.isEmpty) return;
    for (const doubt of this.#held.splice(0)) {
      if (isStored) doubt.confirm();
      else doubt.again();
    }
  }

  /** Drops the held reports without an outcome. */
  clear(): void {
    this.#held.length = 0;
  }
}
