/** Converts a message to an input line of `produce send`, as far as such a line can express it. */

import { LONGEST_LINE_BYTES } from '../../pipe/lines/lines.ts';
import { messageOf } from '../../pipe/lines/parse-line.ts';
import type { Message } from '../../shared/message/message.ts';

/** Parts of a message that a line does not carry. */
export const PARTS = ['topic', 'key', 'headers', 'partition', 'timestamp', 'isError'] as const;
export type Part = (typeof PARTS)[number];

export type Expressed =
  | { readonly line: Buffer; readonly without: readonly Part[] }
  | { readonly line?: undefined; readonly leftOut: 'value' | 'key' };

const LINE_BREAK = Buffer.from('\n');
const TOMBSTONE = Buffer.from('null');

/** Converts a message if `send` would read the line as the same one. `keyField` is where `send` finds the key. */
export function express(message: Message, keyField?: string): Expressed {
  const { value } = message;
  const bytes = value === null ? TOMBSTONE : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (!isOneLine(bytes) || !isRead(bytes, value)) return { leftOut: 'value' };
  if (keyField !== undefined && !hasKey(bytes, message.key, keyField)) return { leftOut: 'key' };
  const without = PARTS.filter((part) => hasOwn[part](message) && !(part === 'key' && keyField !== undefined));
  return { line: Buffer.concat([bytes, LINE_BREAK]), without };
}

const hasOwn: Readonly<Record<Part, (message: Message) => boolean>> = {
  topic: ({ topic }) => topic !== '',
  key: ({ key }) => key !== null,
  headers: ({ headers }) => headers.length > 0,
  partition: ({ partition }) => partition !== null,
  timestamp: ({ timestamp }) => timestamp !== null,
  isError: ({ isError }) => isError,
};

const CR = 0x0d;

/** Whether the bytes are one line. `send` reads a carriage return at the end as a part of the line break. */
const isOneLine = (bytes: Buffer): boolean =>
  !bytes.includes(LINE_BREAK) && bytes.at(-1) !== CR && bytes.length <= LONGEST_LINE_BYTES;

function isRead(bytes: Buffer, value: Uint8Array | null): boolean {
  const read = readBack(bytes);
  return read !== undefined && (read.value === null) === (value === null);
}

function hasKey(bytes: Buffer, key: Uint8Array | null, keyField: string): boolean {
  const found = readBack(bytes, keyField)?.key;
  return key !== null && typeof found === 'string' && Buffer.from(found).equals(key);
}

function readBack(bytes: Buffer, keyField?: string): ReturnType<typeof messageOf> | undefined {
  try {
    return messageOf({ bytes, number: 1 }, '', keyField === undefined ? {} : { keyField });
  } catch {
    return undefined;
  }
}
