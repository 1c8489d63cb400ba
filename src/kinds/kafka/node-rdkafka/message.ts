/** Converts a message into the form that node-rdkafka's `produce` can carry. */

import { PermanentSendError } from '../../../shared/errors.ts';
import type { Message } from '../../../shared/message/message.ts';

/** Empty but not null: the binding takes a `Buffer.alloc(0)`, which has no address, for null. */
const EMPTY = Buffer.from('x').subarray(0, 0);

/** Returns a Buffer, because strings would be cut at a NUL. */
export function binary(bytes: Uint8Array | null): Buffer | null {
  if (bytes === null) return null;
  return bytes.byteLength === 0 ? EMPTY : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Returns one object for each header, because the binding takes only the first key of an object. It turns every value into
 * text, so a binary value would arrive as something else. @throws PermanentSendError for such a value
 */
export function textHeaders({ headers }: Message): Record<string, string>[] | undefined {
  if (headers.length === 0) return undefined;
  return headers.map(([name, value]) => Object.fromEntries([[carried(name), carried(textOf(name, value))]]));
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const refusal = (what: string) =>
  new PermanentSendError(`the driver 'node-rdkafka' cannot carry ${what}: use the driver 'librdkafka'`);

function textOf(name: string, value: Uint8Array | null): string {
  if (value === null) throw refusal(`the header ${name}, which has no value`);
  try {
    return utf8.decode(value);
  } catch {
    throw refusal(`the binary value of the header ${name}`);
  }
}

function carried(text: string): string {
  if (text.includes('\0')) throw refusal('a NUL in a header');
  return text;
}
