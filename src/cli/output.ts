/** Writes the command's output: text for people to stderr, one JSON object for programs as the last line of stdout. */

import { errorLines } from './process/exit.ts';

/** Something that stays below the lines of a terminal. */
interface Overlay {
  hide(): void;
  show(): void;
}

let shown: Overlay | undefined;

export const overlay = {
  set(next: Overlay | undefined): void {
    shown = next;
  },
  /** Leaves the terminal clean, for an end that calls nothing else. */
  hide: () => shown?.hide(),
};

/** Prints one or more lines for a person. */
export function say(text: string): void {
  shown?.hide();
  process.stderr.write(`${text}\n`);
  shown?.show();
}

export function sayError(error: unknown): void {
  for (const line of errorLines(error)) say(line);
}

/** `1 message`, `2 messages`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Prints the object for a program. */
export function result(value: object): void {
  process.stdout.write(`${jsonText(value)}\n`);
}

/** Escapes characters that JSON allows but that would control a terminal. */
export const jsonText = (value: object): string =>
  JSON.stringify(value).replaceAll(/[\u007f-\u009f\u2028\u2029]|\p{Cf}/gu, (char) =>
    Array.from({ length: char.length }, (_, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );

/** Resolves when the reader has taken all output; the reader may be slow. */
export async function written(): Promise<void> {
  for (const stream of [process.stdout, process.stderr])
    if (!stream.destroyed) await new Promise<void>((resolve) => stream.write('', () => resolve()));
}

/** EPIPE is a pipe without a reader, EIO a terminal that was closed. */
const READER_GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO']);

/** Ignores a reader that has gone (`| head -1`). That is no error, and the messages are delivered all the same. */
export function forgiveClosedReaders(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!READER_GONE.has(error.code)) throw error;
    });
}
