/** The key of a message as log lines show it. */

import { isUtf8 } from 'node:buffer';
import { isBytes } from '../shared/message/given-bytes.ts';

const CONTROL = /\p{Cc}/u;

/** Returns text as it is, bytes that are readable text as text, and other bytes in hexadecimal digits. Other keys are refused elsewhere. */
export const shownKey = (key: unknown): unknown => (isBytes(key) ? textOf(key) : (key ?? null));

function textOf(bytes: Uint8Array): string | null {
  try {
    const copy = Buffer.from(new Uint8Array(bytes));
    const text = isUtf8(copy) ? copy.toString() : undefined;
    return text === undefined || CONTROL.test(text) ? copy.toString('hex') : text;
  } catch {
    return null; // the memory of the bytes is detached, and the message is refused elsewhere
  }
}
