/** Finds batch heads in a part of a file where the position of the next head is unknown. */

import { BATCH_HEAD_BYTES, BATCH_MAGIC, type BatchHead, readBatchHead } from '../format.ts';
import type { FileWindow } from './file-window.ts';

const SEARCH_BYTES = 64 * 1024;

export interface FoundHead extends BatchHead {
  /** Position in the file, in bytes. */
  readonly at: number;
}

/** Yields the undamaged heads between two positions of the file, of any salt. Heads begin at multiples of 8, and so must `from`. */
export function* headsIn(window: FileWindow, from: number, end: number): Generator<FoundHead> {
  for (let position = from; position < end; position += SEARCH_BYTES) {
    const length = SEARCH_BYTES + BATCH_HEAD_BYTES;
    const start = window.load(position, length, end);
    yield* headsOf(window.bytes.subarray(start, start + length), position);
  }
}

/** Yields the heads that begin within the piece. A head that begins after it is found in the next piece. */
function* headsOf(piece: Buffer, position: number): Generator<FoundHead> {
  for (let at = piece.indexOf(BATCH_MAGIC); at >= 0 && at < SEARCH_BYTES; at = piece.indexOf(BATCH_MAGIC, at + 1)) {
    const head = at % 8 === 0 ? readBatchHead(piece, at) : undefined;
    if (head !== undefined) yield { ...head, at: position + at };
  }
}
