/**
 * Messages of one partition that are reported as taken, without an offset. librdkafka reports so what was behind no answer when
 * a later request was taken: the broker would have refused that one if the earlier had not been stored. It would, but for a log
 * that is new: there it takes any sequence number, as of a client that it does not know. A topic that was deleted and made again
 * under the same name has such logs, and what was in flight to the old one is lost. The offset of the later request tells.
 */

export interface Doubt {
  /** It is stored. */
  confirm(): void;
  /** It is not, or may not be: it is to be sent. */
  again(): void;
}

export class Doubts {
  readonly #held: Doubt[] = [];
  /** The last offset that was reported; -1 before the first, and where brokers give none (`acks: 0`). */
  #offset = -1;
  #isOther = false;

  /** -1 where none was reported. */
  get lastOffset(): number {
    return this.#offset;
  }

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  /** Whether this report is to be held until the next one. */
  isDoubtful(offset: number): boolean {
    return offset < 0 && this.#offset >= 0;
  }

  hold(doubt: Doubt): void {
    this.#held.push(doubt);
  }

  /** The topic was away: what is there now may be another one of the same name. */
  forget(): void {
    this.#isOther = true;
  }

  /** Decides on what is held, by the offset of the next message; undefined where none follows. */
  decide(offset?: number): void {
    const isStored = !this.#isOther && (offset === undefined || offset > this.#offset + this.#held.length);
    if (offset !== undefined && offset >= 0) [this.#offset, this.#isOther] = [offset, false];
    if (this.isEmpty) return;
    for (const doubt of this.#held.splice(0)) {
      if (isStored) doubt.confirm();
      else doubt.again();
    }
  }

  /** What is held has no outcome here. */
  clear(): void {
    this.#held.length = 0;
  }
}
