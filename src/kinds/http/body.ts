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

const [OPEN, COMMA, CLOSE, LINE_END] = ['[', ',', ']', '\n'].map((text) => Buffer.from(text)) as [
  Buffer,
  Buffer,
  Buffer,
  Buffer,
];

/** Bytes that a body adds for each message, in addition to its value. */
export const SEPARATOR_BYTES = 1;

/** Returns the body of a request that carries these values. */
export function joined(values: readonly Uint8Array[], form: Form): Buffer {
  if (form === 'ndjson') return Buffer.concat(values.flatMap((value) => [value, LINE_END]));
  return Buffer.concat([OPEN, ...values.flatMap((value, index) => (index === 0 ? [value] : [COMMA, value])), CLOSE]);
}
