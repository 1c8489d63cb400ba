/** Formats a message as the line that is written to a file or a pipe. */

import type { LineFormat } from '../../config/schema/line-format.ts';
import { PermanentSendError } from '../../shared/errors.ts';
import type { Message } from '../../shared/message/message.ts';
import { messageLine } from '../../shared/message/message-json.ts';

const LF = 0x0a;
const CR = 0x0d;
const LINE_END = Buffer.from([LF]);
const TOMBSTONE = Buffer.from('null\n');

/** Formats a message, line feed included. @throws PermanentSendError when no line can express it */
export type ToLine = (message: Message) => Buffer;

export const TO_LINE: Readonly<Record<LineFormat, ToLine>> = {
  message: (message) => Buffer.from(`${messageLine(message)}\n`),
  value: ({ value }) => (value === null ? TOMBSTONE : valueLine(value)),
};

/** Returns the value as it is. Refuses a value that a reader of lines would take for something else. */
function valueLine(value: Uint8Array): Buffer {
  const problem = unlike(value);
  if (problem !== undefined)
    throw new PermanentSendError(`the value is no line: ${problem} ('format: message' writes any value)`);
  return Buffer.concat([value, LINE_END]);
}

function unlike(value: Uint8Array): string | undefined {
  if (value.length === 0) return 'it is empty';
  if (value.includes(LF)) return 'there is a line feed in it';
  // Readers take a carriage return for a part of the line's end.
  return value.at(-1) === CR ? 'it ends in a carriage return' : undefined;
}
