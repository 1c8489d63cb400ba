/** Splits a batch into chunks of lines, each of which is written by one write of about 1 MiB. */

import { asError } from '../../shared/errors.ts';
import type { Batch } from '../../shared/transport.ts';
import type { ToLine } from './line.ts';

const CHUNK_BYTES = 2 ** 20;

/** Lines in order. `ends[i]` is the offset in `bytes` at which the line of message `indices[i]` ends. */
export interface Chunk {
  readonly bytes: Buffer;
  readonly indices: readonly number[];
  readonly ends: readonly number[];
  /** The message after these lines, which cannot become a line. No chunk follows. */
  readonly refused?: { readonly index: number; readonly error: Error };
}

/** Yields the messages of the batch that are to be attempted. The last chunk may hold only a refusal. */
export function* chunksOf(batch: Batch, toLine: ToLine): Generator<Chunk> {
  let lines = new Lines();
  for (let index = 0; index < batch.size; index++) {
    if (batch.skip(index)) continue;
    try {
      lines.add(index, toLine(batch.message(index)));
    } catch (error) {
      yield { ...lines.chunk(), refused: { index, error: asError(error) } };
      return;
    }
    if (lines.size < CHUNK_BYTES) continue;
    yield lines.chunk();
    lines = new Lines();
  }
  if (lines.size > 0) yield lines.chunk();
}

class Lines {
  readonly #lines: Buffer[] = [];
  readonly #indices: number[] = [];
  readonly #ends: number[] = [];
  size = 0;

  add(index: number, line: Buffer): void {
    this.size += line.length;
    this.#lines.push(line);
    this.#indices.push(index);
    this.#ends.push(this.size);
  }

  chunk(): Chunk {
    return { bytes: Buffer.concat(this.#lines), indices: this.#indices, ends: this.#ends };
  }
}
