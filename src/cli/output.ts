/** Where the command writes: people read stderr, programs read the last line of stdout. */

import { errorLines } from './process/exit.ts';

/** A line, or several, for a person. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function sayError(error: unknown): void {
  for (const line of errorLines(error)) say(line);
}

/** `1 message`, `2 messages`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** The one object for a program. */
export function result(value: object): void {
  process.stdout.write(`${jsonText(value)}\n`);
}

/** JSON leaves some characters as they are that would drive a terminal; it can say them in another way. */
export const jsonText = (value: object): string =>
  JSON.stringify(value).replaceAll(/[\u007f-\u009f\u2028\u2029]|\p{Cf}/gu, (char) =>
    Array.from({ length: char.length }, (_, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );

/** Resolves when what was written is with the reader, who may be slow. */
export async function written(): Promise<void> {
  for (const stream of [process.stdout, process.stderr])
    if (!stream.destroyed) await new Promise<void>((resolve) => stream.write('', () => resolve()));
}

/** EPIPE: a pipe without a reader. EIO: a terminal that was closed. */
const READER_GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO']);

/** A reader that went away (`| head -1`) wants no more; that is no error, and the messages are delivered all the same. */
export function forgiveClosedReaders(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!READER_GONE.has(error.code)) throw error;
    });
}
