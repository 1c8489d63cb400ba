/** What a smoke test sends: a bit of everything, and each message can be made again from its number alone. */

import type { MessageInput } from '../message.ts';
import type { ReadMessage } from '../testing/read-topic.ts';

export interface Sample extends MessageInput {
  readonly index: number;
  readonly isError: boolean;
}

const KEYS = 5;

/** Tells the messages of this run from others in the same topic; a test that fails can be looked up by it. */
export const RUN_HEADER = 'outspool-smoke';

/** Out of ten messages one has no key, one is binary, one is a tombstone, one goes where errors go; ten are JSON elsewhere. */
export function sample(run: string, index: number, onlyJson: boolean): Sample {
  const headers = [
    [RUN_HEADER, `${run}/${index}`],
    ['source', 'prüfung'],
  ] as const;
  const key = index % 10 === 6 ? null : `key-${index % KEYS}`;
  return { index, key, value: sampleValue(index, onlyJson), headers, isError: index % 10 === 9 };
}

function sampleValue(index: number, onlyJson: boolean): MessageInput['value'] {
  if (!onlyJson && index % 10 === 7) return Uint8Array.from({ length: 256 }, (_, byte) => byte ^ (index & 0xff));
  if (!onlyJson && index % 10 === 8) return null;
  return { smoke: index, text: 'größer als ASCII: ✓', at: { nested: [index, null, true] } };
}

/** The number of a message of this run; undefined for others. */
export function indexOf(run: string, { headers }: ReadMessage): number | undefined {
  const text = headers.find(([name]) => name === RUN_HEADER)?.[1].toString();
  return text?.startsWith(`${run}/`) ? Number(text.slice(run.length + 1)) : undefined;
}

/** Whether it came back byte for byte. The library may put headers of its own behind ours. */
export function isSame(read: ReadMessage, sent: Sample): boolean {
  const headers = sent.headers as readonly (readonly [string, string])[];
  return (
    bytesEqual(read.key, sent.key) &&
    bytesEqual(read.value, sent.value) &&
    headers.every(([name, value], at) => read.headers[at]?.[0] === name && bytesEqual(read.headers[at][1], value))
  );
}

function bytesEqual(read: Buffer | null, sent: MessageInput['value'] | undefined): boolean {
  if (read === null || sent === null || sent === undefined) return read === (sent ?? null);
  return read.equals(encode(sent));
}

const encode = (value: NonNullable<MessageInput['value']>): Uint8Array =>
  value instanceof Uint8Array ? value : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
