/** Encodes a message for AMQP: a body, properties, and a table of headers. */

import { isUtf8 } from 'node:buffer';
import type { Options } from 'amqplib';
import { PermanentSendError } from '../../../shared/errors.ts';
import type { Message } from '../../../shared/message/message.ts';
import type { RabbitmqConfig } from '../schema.ts';

/** Headers for a key, a missing body and a time in milliseconds, none of which AMQP has. */
export const KEY_HEADER = 'outspool-key';
export const TOMBSTONE_HEADER = 'outspool-tombstone';
/** Header with the names of all headers in order, added where a name repeats. */
export const ORDER_HEADER = 'outspool-header-order';
/** The header name that RabbitMQ's own timestamp plugin uses. */
export const MS_HEADER = 'timestamp_in_ms';

/** Headers that a message may not have itself, because they would mislead consumers. */
const OWN: ReadonlySet<string> = new Set([KEY_HEADER, TOMBSTONE_HEADER, ORDER_HEADER, MS_HEADER]);

/** Headers with further routing keys, which RabbitMQ reads only from lists. */
const LISTS: ReadonlySet<string> = new Set(['CC', 'BCC']);

type Scalar = string | Buffer | null;
type Table = Record<string, unknown>;

export type MessageSettings = Pick<RabbitmqConfig, 'persistent' | 'mandatory' | 'content_type'>;

const EMPTY = Buffer.alloc(0);

export const bodyOf = ({ value }: Message): Buffer => (value === null ? EMPTY : asBuffer(value));

/** @throws PermanentSendError for a header that outspool writes itself */
export function propertiesOf(message: Message, settings: MessageSettings): Options.Publish {
  const { id, timestamp } = message;
  const contentType = contentTypeOf(message) ?? settings.content_type;
  return {
    persistent: settings.persistent,
    mandatory: settings.mandatory,
    messageId: id,
    headers: tableOf(message),
    ...(contentType !== undefined && { contentType }),
    ...(timestamp !== null && { timestamp: Math.floor(timestamp / 1000) }),
  };
}

function tableOf({ headers, key, value, timestamp }: Message): Table {
  const table = new Map<string, unknown>();
  for (const [name, bytes] of headers) add(table, name, scalar(bytes));
  if (table.size < headers.length)
    table.set(
      ORDER_HEADER,
      headers.map(([name]) => name),
    );
  if (key !== null) table.set(KEY_HEADER, scalar(key));
  if (value === null) table.set(TOMBSTONE_HEADER, 'true');
  if (timestamp !== null) table.set(MS_HEADER, { '!': 'long', value: Math.floor(timestamp) });
  return Object.fromEntries(table);
}

/** Adds a header. A table has each name once, so the values of a repeated name become a list. */
function add(table: Map<string, unknown>, name: string, value: Scalar): void {
  if (OWN.has(name))
    throw new PermanentSendError(`a message for RabbitMQ cannot have a header '${name}': outspool writes it`);
  const known = table.get(name);
  if (!table.has(name)) table.set(name, LISTS.has(name) ? [value] : value);
  else table.set(name, [...(Array.isArray(known) ? known : [known]), value]);
}

/** Converts UTF-8 to a text, which other clients and headers exchanges compare. Other bytes stay bytes. */
function scalar(bytes: Uint8Array | null): Scalar {
  if (bytes === null) return null;
  const buffer = asBuffer(bytes);
  return isUtf8(buffer) ? buffer.toString() : buffer;
}

function contentTypeOf({ headers }: Message): string | undefined {
  const value = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  return value ? asBuffer(value).toString() : undefined;
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
