/** Encodes messages as the body of a request. */

import { isUtf8 } from 'node:buffer';
import { PermanentSendError } from '../../shared/errors.ts';
import type { Message } from '../../shared/message/message.ts';
import { messageLine } from '../../shared/message/message-json.ts';

export type Form = 'json' | 'ndjson' | 'raw';

export const CONTENT_TYPES: Readonly<Record<Form, string>> = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  raw: 'application/octet-stream',
};

const NOTHING = Buffer.alloc(0);
const NULL = Buffer.from('null');

/** Returns the bytes of one message. @throws PermanentSendError for a value that does not fit the form */
export function encodeValue(message: Message, form: Form, envelope: boolean): Uint8Array {
  if (form === 'raw') return message.value ?? NOTHING;
  const json = envelope ? Buffer.from(messageLine(message)) : plainJson(message);
  return form === 'ndjson' ? onOneLine(json) : json;
}

function plainJson({ value }: Message): Uint8Array {
  if (value === null) return NULL;
  if (isJson(value)) return value;
  throw new PermanentSendError("the value is not JSON: 'body: raw' sends bytes as they are");
}

function isJson(bytes: Uint8Array): boolean {
  if (!isUtf8(bytes)) return false;
  try {
    JSON.parse(textOf(bytes));
    return true;
  } catch {
    return false;
  }
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
const LINE_BREAKS = /[\r\n]/;

/** Puts JSON on one line. Line breaks occur only between the tokens of JSON, where a space is equivalent. */
function onOneLine(json: Uint8Array): Uint8Array {
  const text = textOf(json);
  return LINE_BREAKS.test(text) ? Buffer.from(text.replaceAll(/[\r\n]/g, ' ')) : json;
}

const [OPEN, COMMA, CLOSE, LINE_END] = [0x5b, 0x2c, 0x5d, 0x0a] as const;

/** Bytes that a body adds for each message, in addition to its value. */
export const SEPARATOR_BYTES = 1;

/** Returns the body of a request that carries these values. Each byte is copied once. */
export function joined(values: readonly Uint8Array[], form: Form): Buffer {
  const isList = form !== 'ndjson';
  let bytes = isList ? 1 : 0;
  for (const { length } of values) bytes += length + SEPARATOR_BYTES;
  const body = Buffer.allocUnsafe(bytes);
  let at = 0;
  if (isList) body[at++] = OPEN;
  for (const value of values) {
    body.set(value, at);
    at += value.length;
    body[at++] = isList ? COMMA : LINE_END;
  }
  if (isList) body[at - 1] = CLOSE;
  return body;
}
