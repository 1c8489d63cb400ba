/** Bytes of a letter for a terminal: as text where they are text, without what would drive the terminal. */

import { isUtf8 } from 'node:buffer';
import type { StoredLetter } from '../../engine/letters/letter-line.ts';
import { oneLine } from '../exit.ts';

const LONGEST = 4096;

/** Line breaks and tabs are harmless, and make a value readable. */
const escaped = (text: string): string =>
  text.replaceAll(/[^\P{Cc}\n\t]|\p{Cf}/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);

export function letterText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = isUtf8(bytes) ? escaped(buffer.toString('utf8')) : `base64 ${buffer.toString('base64')}`;
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}… (${bytes.byteLength} bytes; --json has all)`;
}

export const reasonText = ({ reason }: StoredLetter): string => escaped(oneLine(reason));
