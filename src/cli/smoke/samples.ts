/** Messages of a smoke test, of every kind. Each of them can be computed again from its number. */

import { completed, type Needs } from '../../kinds/common/needs.ts';
import type { MessageInput } from '../../shared/message/message.ts';
import type { ReadMessage } from '../../testing/read-topic.ts';

export interface Sample extends MessageInput {
  readonly index: number;
  readonly isError: boolean;
}

export interface Content {
  /** Values that are not JSON. */
  readonly binary: boolean;
  readonly tombstones: boolean;
  readonly keyless: boolean;
  /** What each sample needs to be addressed. */
  readonly needs: { readonly ordinary: Needs; readonly error: Needs };
}

const KEYS = 5;
const TEN = 10;
/** Index, among ten messages, of each special kind. */
const AT = { keyless: 6, binary: 7, tombstone: 8, error: 9 } as const;

/** Header that tells this run's messages from others in the same topic, and by which a failed test can be looked up. */
export const RUN_HEADER = 'outspool-smoke';

/** Returns a sample. Of ten, one has no key, one is binary, one a tombstone and one an error, as `content` allows. */
export function sample(run: string, index: number, content: Content): Sample {
  const headers = [
    [RUN_HEADER, `${run}/${index}`],
    ['source', 'prüfung'],
  ] as const;
  const key = content.keyless && index % TEN === AT.keyless ? null : `key-${index % KEYS}`;
  const isError = index % TEN === AT.error;
  const plain = { index, key, value: sampleValue(index, content), headers, isError };
  return completed(plain, content.needs[isError ? 'error' : 'ordinary'], RUN_HEADER);
}

function sampleValue(index: number, { binary, tombstones }: Content): MessageInput['value'] {
  if (binary && index % TEN === AT.binary) return Uint8Array.from({ length: 256 }, (_, byte) => byte ^ (index & 0xff));
  if (tombstones && index % TEN === AT.tombstone) return null;
  return { smoke: index, text: 'größer als ASCII: ✓', at: { nested: [index, null, true] } };
}

/** Returns how many of the first `messages` samples are tombstones. */
export const countOfTombstones = (messages: number, { tombstones }: Content): number =>
  tombstones ? Math.floor((messages + TEN - 1 - AT.tombstone) / TEN) : 0;

/** Returns the number of a message of this run, and undefined for others. */
export function indexOf(run: string, { headers }: ReadMessage): number | undefined {
  const text = headers.find(([name]) => name === RUN_HEADER)?.[1]?.toString();
  return text?.startsWith(`${run}/`) ? Number(text.slice(run.length + 1)) : undefined;
}

/** Whether a message came back unchanged. The library may append headers of its own. */
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
