/** Parses a line of a source as a value or as a whole message, according to its configuration. */

import type { MessageInput } from '../../shared/message/message.ts';
import { envelopeOf, type LineMessage } from './envelope.ts';
import type { Line } from './lines.ts';
import { keyIn, parseLine } from './parse-line.ts';

/** Line format of a source, in the names of its configuration. */
export interface LineFormat {
  readonly format: 'value' | 'message';
  readonly topic?: string | undefined;
  readonly key_field?: string | undefined;
}

/** Returns the message of a line; `file` names the input. @throws BadLineError with the location of the problem */
export function sourceLine(line: Line, file: string, { format, topic, key_field: keyField }: LineFormat): LineMessage {
  const parsed = parseLine(line, file);
  const at = { file, line: line.number, column: 1 };
  const inTopic = topic === undefined ? {} : { topic };
  if (format === 'message') {
    const { message, isError } = envelopeOf(parsed, line.bytes.toString('utf8'), at);
    return { message: { ...inTopic, ...message }, isError };
  }
  const value = parsed === null ? null : line.bytes;
  const message: MessageInput = keyField === undefined ? { value } : { value, key: keyIn(parsed, keyField, at) };
  return { message: { ...inTopic, ...message }, isError: false };
}
