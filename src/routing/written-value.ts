/**
 * Writes the value of a message as JSON once. Code of the caller in it (`toJSON`, a getter) may give something else the next time, or
 * nothing. Then a condition would be decided by another value than the one that is sent, or a fallback would get another message.
 */

import { isBytes } from '../shared/message/given-bytes.ts';
import { jsonText } from '../shared/message/json-value.ts';
import type { MessageInput } from '../shared/message/message.ts';

/** Returns the message with its JSON as bytes, if the value is an object. @throws InvalidMessageError when it cannot be encoded */
export function written(message: MessageInput): MessageInput {
  const { value } = message;
  if (typeof value !== 'object' || value === null || isBytes(value)) return message;
  return { ...message, value: Buffer.from(jsonText(value)) };
}

/** Does the same for a value that has `toJSON`. The others are only read by conditions, which costs less. */
export function writtenIfOwnJson(message: MessageInput): MessageInput {
  return typeof Object(message.value).toJSON === 'function' && !isBytes(message.value) ? written(message) : message;
}
