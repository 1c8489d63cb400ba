/** Looking at a spool: what cannot be looked at is a mistake in what the command was given. */

import { SpoolError } from '../../errors.ts';
import type { Message } from '../../message.ts';
import { RecordMemory } from '../../queue/record.ts';
import type { Loss } from '../../queue/spool/loss.ts';
import { SpoolView } from '../../queue/spool/spool-view.ts';
import { UsageError } from '../exit.ts';
import { say } from '../output.ts';

/** @throws UsageError when there is no spool, or one that this version cannot read */
export function openView(directory: string): SpoolView {
  try {
    return SpoolView.open(directory);
  } catch (error) {
    throw error instanceof SpoolError ? new UsageError(error.message, { cause: error }) : error;
  }
}

export interface SpooledMessage {
  readonly number: number;
  /** Its topic is empty where it is the producer's own. */
  readonly message: Message;
}

const READ = { maxBytes: 256 * 1024 };
const OWN_TOPIC = { topic: '', errorTopic: '' };

/** What has not settled, in order, some at a time. */
export function* messagesIn(view: SpoolView, from = 0): Generator<SpooledMessage[]> {
  for (let chunk = view.read(from, READ); chunk; chunk = view.read(chunk.first + chunk.offsets.length, READ)) {
    const { first, offsets, memory } = chunk;
    const records = new RecordMemory(memory.buffer);
    yield Array.from(offsets, (offset, index) => ({
      number: first + index,
      message: records.decode(offset, OWN_TOPIC),
    }));
  }
}

const SHOWN = 20;

/** A line for each thing that is wrong. Returns how many messages are lost by it. */
export function sayLosses(losses: readonly Loss[]): number {
  for (const loss of losses.slice(0, SHOWN)) say(describe(loss));
  if (losses.length > SHOWN) say(`… and ${losses.length - SHOWN} more; --json has all that verify finds`);
  return lostBy(losses);
}

/** How many messages are lost. */
export const lostBy = (losses: readonly Loss[]): number =>
  losses.reduce((sum, { kind, count }) => sum + (kind === 'lost' ? count : 0), 0);

/** A loss, for a program. */
export interface Damage extends Pick<Loss, 'kind' | 'file' | 'what'> {
  readonly first: number | null;
  readonly last: number | null;
  readonly lost: number;
}

export const damageOf = (losses: readonly Loss[]): Damage[] =>
  losses.map(({ kind, file, what, first = null, last = null, count }) => ({
    kind,
    file,
    what,
    first,
    last,
    lost: count,
  }));

export function describe({ kind, file, what, first, last, count }: Loss): string {
  const which = first === undefined ? '' : first === last ? ` (message ${first})` : ` (messages ${first} to ${last})`;
  if (kind === 'unconfirmed') return `${file}: the end is half-written; nobody had been told that it was safe${which}`;
  const cost = kind === 'settlements' ? '' : count > 0 ? `; ${count} lost` : '; nothing is lost by it';
  return `${file}: ${what}${cost}${which}`;
}
