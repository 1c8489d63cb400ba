/** Copies a segment into a new file of the same name after a failed sync, because the old file must not be trusted any more. */

import fs from 'node:fs';
import { join } from 'node:path';
import { openOwnNow } from '../../shared/files/own-files.ts';
import { readWhole, undefinedIfMissing } from '../../shared/files/whole-reads.ts';
import { closeQuietly, dataSync, NEW_FILE, removeQuietly, writeAll, writing } from '../files.ts';
import type { Segment } from './segment.ts';

const SUFFIX = '.segment.new';
const PIECE_BYTES = 1024 * 1024;

/** Returns the copies that a crash has left. */
export const copiesIn = (directory: string): string[] =>
  fs.readdirSync(directory).flatMap((name) => (name.endsWith(SUFFIX) ? [join(directory, name)] : []));

/**
 * Replaces the file by a durable copy of the part that counts. Its name is not synced yet.
 *
 * Returns false and changes nothing if `isWanted` returns false by then. It does the same if the file was deleted, because the
 * reader reports the messages that it held.
 * @throws SpoolWriteError; then the file is as it was
 */
export async function rewriteSegment({ path, bytes }: Segment, isWanted: () => boolean): Promise<boolean> {
  const copy = `${path}.new`;
  writing(copy, 'delete it', () => fs.rmSync(copy, { force: true }));
  const fd = writing(copy, 'create it', () => openOwnNow(copy, NEW_FILE));
  try {
    const isThere = writing(copy, 'write', () => copyInto(fd, path, bytes));
    if (!isThere) return false;
    await dataSync(fd, copy);
    if (!isWanted()) return false;
    writing(path, 'replace it', () => fs.renameSync(copy, path));
    return true;
  } finally {
    closeQuietly(fd);
    removeQuietly(copy); // gone already if it was renamed
  }
}

/**
 * Copies by reading and writing. A copy that shares blocks with the file would share the bad ones as well. Returns false if the
 * file does not exist.
 */
function copyInto(target: number, path: string, bytes: number): boolean {
  const source = openIfThere(path);
  if (source === undefined) return false;
  try {
    const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, bytes));
    for (let at = 0; at < bytes; ) {
      const read = readWhole(source, piece.subarray(0, bytes - at), at);
      if (read === 0) break; // the reader reports messages that are missing
      at += writeAll(target, [piece.subarray(0, read)], at);
    }
    return true;
  } finally {
    fs.closeSync(source);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openOwnNow(path, fs.constants.O_RDONLY);
  } catch (error) {
    return undefinedIfMissing(error);
  }
}
