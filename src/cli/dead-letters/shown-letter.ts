/** Formats parts of a dead letter for a terminal: as text where they are text, without control sequences. */

import { isUtf8 } from 'node:buffer';
import type { StoredDeadLetter } from '../../caller/dead-letters/letter-line.ts';
import { oneLine } from '../../shared/util/one-line.ts';

const LONGEST = 4096;

/** Escapes control characters, except line breaks and tabs, which keep a value readable. */
const escaped = (text: string): string =>
  text.replaceAll(/[^\P{Cc}\n\t]|\p{Cf}/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);

export function readableText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = isUtf8(bytes) ? escaped(buffer.toString('utf8')) : `base64 ${buffer.toString('base64')}`;
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}… (${bytes.byteLength} bytes; --json has all)`;
}

/** Formats a text for one line. Text of a message must not look like another line of output. */
export const lineText = (text: string): string =>
  escaped(text).replaceAll(/[\n\t\u2028\u2029]/g, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);

export const bytesText = (bytes: Uint8Array): string => lineText(readableText(bytes));

export const reasonText = ({ reason }: StoredDeadLetter): string => lineText(oneLine(reason));
