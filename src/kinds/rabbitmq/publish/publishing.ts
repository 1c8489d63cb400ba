/** A message as AMQP has it: a body, properties, and a table of headers. */

import { isUtf8 } from 'node:buffer';
import type { Options } from 'amqplib';
import { PermanentSendError } from '../../../shared/errors.ts';
import type { Message } from '../../../shared/message/message.ts';
import type { RabbitmqConfig } from '../schema.ts';

/** AMQP has no key, no body that is missing, and no time finer than seconds. */
export const KEY_HEADER = 'outspool-key';
export const TOMBSTONE_HEADER = 'outspool-tombstone';
/** The names of all headers in order, where one of them repeats. */
export const ORDER_HEADER = 'outspool-header-order';
/** The name that RabbitMQ's own plugin for timestamps uses. */
export const MS_HEADER = 'timestamp_in_ms';

/** A message that brings one of these itself would tell consumers something that is not so. */
const OWN: ReadonlySet<string> = new Set([KEY_HEADER, TOMBSTONE_HEADER, ORDER_HEADER, MS_HEADER]);

/** Further routing keys, which RabbitMQ reads from lists alone. */
const LISTS: ReadonlySet<string> = new Set(['CC', 'BCC']);

type Scalar = string | Buffer | null;
type Table = Record<string, unknown>;

export type MessageSettings = Pick<RabbitmqConfig, 'persistent' | 'mandatory' | 'content_type'>;

const EMPTY = Buffer.alloc(0);

export const bodyOf = ({ value }: Message): Buffer => (value === null ? EMPTY : asBuffer(value));

/** @throws PermanentSendError for a header that has a meaning of its own here */
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

/** A table has a name once: what comes again under it makes a list. */
function add(table: Map<string, unknown>, name: string, value: Scalar): void {
  if (OWN.has(name))
    throw new PermanentSendError(`a message for RabbitMQ cannot have a header '${name}': outspool writes it`);
  const known = table.get(name);
  if (!table.has(name)) table.set(name, LISTS.has(name) ? [value] : value);
  else table.set(name, [...(Array.isArray(known) ? known : [known]), value]);
}

/** Text as text, which is what other clients and headers exchanges compare; what is no text as bytes. */
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
