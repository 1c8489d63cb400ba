/** How far a followed file has been read: kept in a file that is replaced as a whole, so that a crash leaves the one before. */

import { constants } from 'node:fs';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { OutspoolError } from '../../shared/errors.ts';
import { replace, writeDurably } from '../../shared/files/durable.ts';
import { openOwn } from '../../shared/files/own-files.ts';
import { readWholeFrom, tooLarge } from '../../shared/files/whole-reads.ts';
import { mayPass } from './trouble.ts';

/** A file by what the system knows it by; a name may come to mean another one. */
export interface FileIdentity {
  readonly dev: string;
  readonly ino: string;
  /** Its time of birth in ns, where that is known. */
  readonly born?: string;
}

/** Some bytes of a file, as a system gives an inode to another file when the first is gone. */
export interface Head {
  readonly bytes: number;
  readonly crc: number;
}

/** Everything in `file` before `offset` is safe. */
export interface Position extends FileIdentity {
  /** In bytes. */
  readonly offset: number;
  /** The number of the line that begins there. */
  readonly line: number;
  readonly head: Head;
  /** The last bytes before `offset`: a file that is made anew may begin as the one before did. */
  readonly tail?: Head;
  /** The path that the file had, or had before it was rotated. The followed path may be a link that leads elsewhere by now. */
  readonly base?: string;
  /** Rotated files that came before this one. A checkpoint of an earlier version does not have them. */
  readonly older?: readonly FileIdentity[];
}

const count = z.int().min(0);

const digits = z.string().regex(/^\d+$/);

const Identity = z.object({ dev: digits, ino: digits, born: z.exactOptional(digits) });

const Bytes = z.object({ bytes: count, crc: count });

const Checkpoint = Identity.extend({
  version: z.literal(1),
  offset: count,
  line: count,
  head: Bytes,
  tail: z.exactOptional(Bytes),
  base: z.exactOptional(z.string()),
  older: z.exactOptional(z.array(Identity)),
});

/** So many bytes at the beginning, and before the place, tell files apart. */
export const HEAD_BYTES = 1024;

export const headOf = (bytes: Uint8Array): Head => ({ bytes: bytes.length, crc: crc32(bytes) });

/** Undefined where there is none yet. @throws OutspoolError when there is one that cannot be used, or the system's error */
export async function readCheckpoint(path: string): Promise<Position | undefined> {
  const text = await textOf(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    if (mayPass(error) || error.code === 'ELOOP') throw error;
    const why = error instanceof RangeError ? error.message : `cannot be read (${error.code})`;
    throw new OutspoolError(`the checkpoint ${path} ${why}`);
  });
  if (text === undefined) return undefined;
  const { success, data } = Checkpoint.safeParse(parsed(text));
  if (success) return data;
  throw new OutspoolError(
    `${path} is no checkpoint of this version: remove it to begin anew, and messages are repeated`,
  );
}

/** With a million rotated files a checkpoint is smaller. */
const MOST_BYTES = 64 * 2 ** 20;

async function textOf(path: string): Promise<string> {
  const file = await openOwn(path, constants.O_RDONLY);
  try {
    const { size } = await file.stat();
    if (size > MOST_BYTES) throw tooLarge(MOST_BYTES);
    const bytes = Buffer.alloc(size);
    return bytes.toString('utf8', 0, await readWholeFrom(file, bytes, 0));
  } finally {
    await file.close();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Resolves when it is on disk. */
export async function writeCheckpoint(path: string, position: Position): Promise<void> {
  const text = `${JSON.stringify({ version: 1, ...position })}\n`;
  const next = `${path}.next`;
  await writeDurably(next, (file) => file.writeFile(text));
  await replace(path, next);
}
