/** Dead letters for tests. */

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DeadLetter, failedDeadLetter } from '../../src/caller/dead-letters/dead-letter.ts';
import { PermanentSendError } from '../../src/shared/errors.ts';
import { Message, type MessageParts } from '../../src/shared/message/message.ts';
import { toWire } from '../../src/shared/wire-error.ts';

export const messageWith = (parts: Partial<MessageParts> = {}): Message =>
  new Message({
    topic: 'orders',
    key: Buffer.from('k'),
    value: Buffer.from('{"total":9.5}'),
    headers: [],
    partition: null,
    timestamp: null,
    isError: false,
    ...parts,
  });

export function letterOf(parts: Partial<MessageParts> = {}, producer = 'orders'): DeadLetter {
  const error = toWire(new PermanentSendError('too large'));
  return failedDeadLetter({ producer, message: messageWith(parts) }, [{ at: 1_700_000_000_000, error }]);
}

/** A letter whose value is a number, so that a test can tell it from others. */
export const numbered = (number: number, producer?: string): DeadLetter =>
  letterOf({ value: Buffer.from(String(number)) }, producer);

export const numberOf = (message: Message): number => Number(message.text());

export const letterFolder = (): string => mkdtempSync(join(tmpdir(), 'outspool-letters-'));
