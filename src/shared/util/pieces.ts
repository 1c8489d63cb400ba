/** Collects bytes that come in parts of any size in few blocks, so that parts of one byte cost no more than one of thousands. */

const SMALLEST_BLOCK = 256;
const LARGEST_BLOCK = 64 * 1024;

export class Pieces {
  #full: Buffer[] = [];
  #block = Buffer.alloc(0);
  /** Bytes of `#block` that are in use. */
  #used = 0;
  #length = 0;
  #allocated = 0;

  get length(): number {
    return this.#length;
  }

  /** Bytes of memory that the blocks take. */
  get allocated(): number {
    return this.#allocated;
  }

  /** Copies the part. A view would keep alive the whole block of memory that the part was read into. */
  add(part: Uint8Array): void {
    for (let from = 0; from < part.length; ) {
      if (this.#used === this.#block.length) this.#nextBlock(part.length - from);
      const taken = part.subarray(from, from + this.#block.length - this.#used);
      this.#block.set(taken, this.#used);
      this.#used += taken.length;
      from += taken.length;
    }
    this.#length += part.length;
  }

  /** Blocks double in size, so that at most half of the memory is unused. */
  #nextBlock(wanted: number): void {
    if (this.#used > 0) this.#full.push(this.#block);
    const bytes = Math.max(SMALLEST_BLOCK, this.#allocated, Math.min(wanted, LARGEST_BLOCK));
    this.#block = Buffer.allocUnsafeSlow(Math.min(bytes, LARGEST_BLOCK));
    this.#allocated += this.#block.length;
    this.#used = 0;
  }

  get blocks(): readonly Buffer[] {
    return this.#used === 0 ? this.#full : [...this.#full, this.#block.subarray(0, this.#used)];
  }

  clear(): void {
    this.#full = [];
    this.#block = Buffer.alloc(0);
    this.#used = this.#length = this.#allocated = 0;
  }
}
