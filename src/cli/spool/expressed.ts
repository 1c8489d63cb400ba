/** A message as a line of the input of `produce send`, as far as that can say it. */

import { LONGEST_LINE_BYTES } from '../../pipe/lines/lines.ts';
import { messageOf } from '../../pipe/lines/parse-line.ts';
import type { Message } from '../../shared/message/message.ts';

/** What a message may have that a line does not. */
export const PARTS = ['topic', 'key', 'headers', 'partition', 'timestamp', 'isError'] as const;
export type Part = (typeof PARTS)[number];

export type Expressed =
  | { readonly line: Buffer; readonly without: readonly Part[] }
  | { readonly line?: undefined; readonly leftOut: 'value' | 'key' };

const LINE_BREAK = Buffer.from('\n');
const TOMBSTONE = Buffer.from('null');

/** What `send` would make of the line decides. `keyField`: where it is told to find the key. */
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

/** `send` takes a carriage return for a part of the line break. */
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
