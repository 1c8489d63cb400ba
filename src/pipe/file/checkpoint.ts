/** Stores how far a followed file has been read. The file is replaced as a whole, so a crash leaves the previous one. */

import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { OutspoolError } from '../../shared/errors.ts';
import { replace, writeDurably } from '../../shared/files/durable.ts';
import { readOwn } from '../../shared/files/own-files.ts';
import { mayPass } from './trouble.ts';

/** Identity of a file for the operating system. A name may come to mean another file. */
export interface FileIdentity {
  readonly dev: string;
  readonly ino: string;
  /** Birth time in ns, where the system knows it. */
  readonly born?: string;
}

/** Length and checksum of some bytes of a file, by which files with the same inode are told apart. */
export interface Head {
  readonly bytes: number;
  readonly crc: number;
}

/** Position in a file; all lines before `offset` are safe. */
export interface Position extends FileIdentity {
  /** Offset in bytes. */
  readonly offset: number;
  /** Number of the line that begins at `offset`. */
  readonly line: number;
  readonly head: Head;
  /** The last bytes before `offset`, because a new file may begin like the one before it. */
  readonly tail?: Head;
  /** Path of the file, or the path before it was rotated. The followed path may be a link that leads elsewhere by now. */
  readonly base?: string;
  /** Rotated files before this one. Checkpoints of earlier versions lack them. */
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

/** Number of bytes, at the beginning of a file and before a position, that tell files apart. */
export const HEAD_BYTES = 1024;

export const headOf = (bytes: Uint8Array): Head => ({ bytes: bytes.length, crc: crc32(bytes) });

/** Undefined when there is no checkpoint yet. @throws OutspoolError for one that cannot be used; the system's error */
export async function readCheckpoint(path: string): Promise<Position | undefined> {
  const bytes = await readOwn(path, MOST_BYTES).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    if (mayPass(error) || error.code === 'ELOOP') throw error;
    const why = error instanceof RangeError ? error.message : `cannot be read (${error.code})`;
    throw new OutspoolError(`the checkpoint ${path} ${why}`);
  });
  if (bytes === undefined) return undefined;
  const { success, data } = Checkpoint.safeParse(parsed(bytes.toString()));
  if (success) return data;
  throw new OutspoolError(
    `${path} is no checkpoint of this version: remove it to begin anew, and messages are repeated`,
  );
}

/** Maximum size of a checkpoint in bytes. Even with a million rotated files it is smaller. */
const MOST_BYTES = 64 * 2 ** 20;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export async function writeCheckpoint(path: string, position: Position): Promise<void> {
  const text = `${JSON.stringify({ version: 1, ...position })}\n`;
  const next = `${path}.next`;
  await writeDurably(next, (file) => file.writeFile(text));
  await replace(path, next);
}
