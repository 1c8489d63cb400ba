/** `/dead-letters`: the newest dead letters of the configured files, found by text, with their secrets masked. */

import { isUtf8 } from 'node:buffer';
import type { StoredDeadLetter } from '../caller/dead-letters/letter-line.ts';
import { maskedData } from '../shared/log/masking.ts';
import { type Answer, json } from './answer.ts';
import { newestLetters } from './dead-letter-tail.ts';
import type { Operated } from './operated.ts';

/** How many dead letters one answer has. */
const MOST = 100;

/** How much of a value is shown, in UTF-16 units, and how many of the attempts. */
const [MOST_TEXT, MOST_ATTEMPTS] = [2000, 5];

export interface ShownLetter {
  readonly file: string;
  readonly id: string;
  readonly time: string;
  readonly producer: string;
  readonly topic: string;
  readonly reasonClass: string;
  readonly reason: string;
  /** Null for a message without a key. Bytes that are no text are base64, with a word in front of it. */
  readonly key: string | null;
  /** Null for a tombstone. */
  readonly value: string | null;
  readonly headers: readonly (readonly [string, string | null])[];
  /** The last ones. */
  readonly attempts: readonly { readonly time: string; readonly error: string }[];
}

export async function deadLetters(
  { deadLetterFiles, mask }: Pick<Operated, 'deadLetterFiles' | 'mask'>,
  query: string,
): Promise<Answer> {
  const search = (new URLSearchParams(query).get('search') ?? '').toLowerCase();
  const found = (file: string) => (letter: StoredDeadLetter) => {
    const shown = maskedData(shownOf(file, letter), mask);
    return JSON.stringify(Object.values(shown)).toLowerCase().includes(search) ? shown : undefined;
  };
  const tails = [];
  for (const file of deadLetterFiles) tails.push(await newestLetters(file, { keep: found(file), most: MOST + 1 }));
  const newest = tails.flatMap(({ letters }) => letters).sort((a, b) => (a.time < b.time ? 1 : -1));
  return json(200, {
    files: deadLetterFiles,
    letters: newest.slice(0, MOST),
    isCut: newest.length > MOST || tails.some(({ isCut }) => isCut),
  });
}

function shownOf(file: string, letter: StoredDeadLetter): ShownLetter {
  const { id, producer, reasonClass, reason, message, at, attempts } = letter;
  return {
    ...{ file, id, time: timeOf(at), producer, topic: message.topic, reasonClass, reason },
    key: textOf(message.key),
    value: textOf(message.value),
    headers: message.headers.map(([name, value]) => [name, textOf(value)] as const),
    attempts: attempts.slice(-MOST_ATTEMPTS).map(({ at: when, error }) => ({
      time: timeOf(when),
      error: `${error.name}: ${error.message}`,
    })),
  };
}

const timeOf = (ms: number): string => new Date(ms).toISOString();

function textOf(bytes: Uint8Array | null): string | null {
  if (bytes === null) return null;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = isUtf8(bytes) ? buffer.toString() : `base64 ${buffer.toString('base64')}`;
  return text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT)}… (${bytes.byteLength} bytes)`;
}
