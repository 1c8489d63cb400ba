/** A line as a source reads it: a value or a whole message, whichever the source says. */

import type { MessageInput } from '../../shared/message/message.ts';
import { envelopeOf, type LineMessage } from './envelope.ts';
import type { Line } from './lines.ts';
import { keyIn, parseLine } from './parse-line.ts';

/** How a source reads its lines, in the words of its configuration. */
export interface LineFormat {
  readonly format: 'value' | 'message';
  readonly topic?: string | undefined;
  readonly key_field?: string | undefined;
}

/** `file`: what the input is called. @throws BadLineError with the place where the line is not what it should be */
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
