/** Finds the heads of batches where it is not known where the next one begins. */

import { BATCH_HEAD_BYTES, BATCH_MAGIC, type BatchHead, readBatchHead } from '../format.ts';
import type { FileWindow } from './file-window.ts';

const SEARCH_BYTES = 64 * 1024;

export interface FoundHead extends BatchHead {
  /** In the file. */
  readonly at: number;
}

/** The whole heads between two places of the file, of whichever salt; they begin at multiples of 8, as `from` does. */
export function* headsIn(window: FileWindow, from: number, end: number): Generator<FoundHead> {
  for (let position = from; position < end; position += SEARCH_BYTES) {
    const length = SEARCH_BYTES + BATCH_HEAD_BYTES;
    const start = window.load(position, length, end);
    yield* headsOf(window.bytes.subarray(start, start + length), position);
  }
}

/** Those that begin within the piece. One that begins behind it is found in the next. */
function* headsOf(piece: Buffer, position: number): Generator<FoundHead> {
  for (let at = piece.indexOf(BATCH_MAGIC); at >= 0 && at < SEARCH_BYTES; at = piece.indexOf(BATCH_MAGIC, at + 1)) {
    const head = at % 8 === 0 ? readBatchHead(piece, at) : undefined;
    if (head !== undefined) yield { ...head, at: position + at };
  }
}
