/** Opens the messages of `produce send`: from a flag, a file or the standard input. */

import { constants, fstatSync, ReadStream, type Stats, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { addAbortSignal, Readable } from 'node:stream';
import { reason } from '../../config/yaml/references.ts';
import { type Line, linesOf, withoutMark } from '../../pipe/lines/lines.ts';
import { isPipe, readPipe } from '../../shared/files/pipe-reads.ts';
import { STANDARD } from '../flags.ts';
import { say } from '../output.ts';
import { UsageError, wrongAt } from '../process/exit.ts';

export interface Input {
  /** Name of the input in errors. */
  readonly name: string;
  readonly lines: AsyncIterable<readonly Line[]>;
  /** Whether the first lines can be read without waiting for another program: a flag or a regular file. */
  readonly isAtHand: boolean;
  /** Returns the share of the input that was read, from 0 to 1; undefined where its end is not known. */
  readonly share?: () => number;
  /** Closes the input, even half read. */
  close(): Promise<void>;
}

export interface InputOptions {
  readonly value?: string;
  readonly file?: string;
  /** Ends reading, however long no input comes. */
  readonly signal: AbortSignal;
}

export const isStandardInput = (file: string | undefined): boolean => file === undefined || file === STANDARD;

/** Refuses one pipe for both configuration and messages, because reading the configuration has emptied it. @throws UsageError */
export function demandOther(config: string, { value, file }: Pick<InputOptions, 'value' | 'file'> = {}): void {
  if (value !== undefined) return;
  const name = isStandardInput(file) ? 'the standard input' : (file as string);
  const [ours, theirs] = [found(config), found(file ?? STANDARD)];
  if (ours !== undefined && ours.ino === theirs?.ino && ours.dev === theirs.dev)
    throw new UsageError(`${config}: the configuration and the messages cannot both come from ${name}`);
}

const found = (path: string): Stats | undefined =>
  isStandardInput(path) ? fstatSync(0) : statSync(path, { throwIfNoEntry: false });

export async function openInput({ value, file, signal }: InputOptions): Promise<Input> {
  if (value !== undefined) return fromFlag(value);
  if (!isStandardInput(file)) return fromFile(file as string, signal);
  const isAtHand = fstatSync(0).isFile();
  if (process.stdin.isTTY) say('reading messages from the terminal, one JSON value on each line; Ctrl-D ends');
  return { ...fromStream('<stdin>', standardInput(), signal), isAtHand };
}

/** Returns the standard input. Node would treat a directory as an empty input. */
export function standardInput(): Readable {
  if (!fstatSync(0).isDirectory()) return process.stdin;
  return new Readable({
    read() {
      this.destroy(Object.assign(new Error('the standard input is a directory'), { code: 'EISDIR' }));
    },
  });
}

/** Returns one message, which may have several lines. */
function fromFlag(value: string): Input {
  const lines = Readable.from([[{ bytes: withoutMark(Buffer.from(value)), number: 1 }]]);
  return { name: '--value', lines, isAtHand: true, close: async () => {} };
}

function fromStream(name: string, stream: Readable, signal: AbortSignal): Omit<Input, 'isAtHand'> {
  addAbortSignal(signal, stream);
  // The next read throws the error too, so an `error` event outside of a read must not end the process.
  stream.on('error', () => {});
  return { name, lines: linesOf(readable(name, stream), name), close: async () => void stream.destroy() };
}

async function fromFile(file: string, signal: AbortSignal): Promise<Input> {
  const stream = await opened(file, signal);
  const stat = found(file);
  const isAtHand = stat?.isFile() ?? false;
  return {
    ...fromStream(file, stream, signal),
    isAtHand,
    ...(isAtHand && { share: shareOf(stream, stat?.size ?? 0) }),
  };
}

/** A file may grow while it is read. */
const shareOf = (stream: Readable, size: number) => () =>
  stream instanceof ReadStream && size > 0 ? Math.min(1, stream.bytesRead / size) : 0;

/** Opens the file before any producer connects, so that a missing file is reported first. */
async function opened(file: string, signal: AbortSignal): Promise<Readable> {
  try {
    if (isPipe(file)) return Readable.from(readPipe(file, { signal }), { objectMode: false });
    return (await openedFile(file)).createReadStream();
  } catch (error) {
    throw unreadable(file, error);
  }
}

async function openedFile(file: string): Promise<FileHandle> {
  const handle = await open(file, constants.O_RDONLY);
  if (!(await handle.stat()).isDirectory()) return handle;
  await handle.close();
  throw Object.assign(new Error(), { code: 'EISDIR' });
}

async function* readable(name: string, stream: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    throw unreadable(name, error);
  }
}

const unreadable = (file: string, error: unknown): Error =>
  wrongAt({ file, line: 1, column: 1 }, `the ${file.startsWith('<') ? 'input' : 'file'} ${reason(error)}`);
