/** Opens spools for reading. Errors become usage errors, because the command was given a directory that it cannot read. */

import { setImmediate as turn } from 'node:timers/promises';
import { SpoolError } from '../../shared/errors.ts';
import { isThereNow } from '../../shared/files/whole-reads.ts';
import { RecordMemory } from '../../shared/memory/record.ts';
import type { Message } from '../../shared/message/message.ts';
import { reading } from '../../spool/files.ts';
import type { Loss } from '../../spool/recovery/loss.ts';
import { SpoolView } from '../../spool/recovery/spool-view.ts';
import { say } from '../output.ts';
import { UsageError } from '../process/exit.ts';

/** @throws UsageError when there is no spool, this version cannot read it, or the system refuses to read it */
export const openView = (directory: string): SpoolView => looking(() => SpoolView.open(directory));

/** How much of a spool was verified. */
export interface Verified {
  records: number;
  bytes: number;
}

/**
 * Reads every file of a spool to its end, with a turn of the event loop between two files. Returns the number of undamaged records.
 * @throws UsageError when the system refuses, which tells nothing about the contents
 */
export async function verified(view: SpoolView, so: Verified = { records: 0, bytes: 0 }): Promise<number> {
  const files = view.verifying();
  for (let next = looking(() => files.next()); !next.done; next = looking(() => files.next())) {
    so.records += next.value.records;
    so.bytes += next.value.bytes;
    await turn();
  }
  return so.records;
}

/** Returns the losses that were found so far. @throws UsageError */
export const lossesOf = (view: SpoolView): Promise<readonly Loss[]> =>
  view.losses().catch((error) => {
    throw inOurWords(error);
  });

/** Whether there is such a directory. @throws UsageError when the system cannot tell */
export const isSpoolThere = (directory: string): boolean =>
  looking(() => reading(directory, () => isThereNow(directory)));

function looking<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw inOurWords(error);
  }
}

const inOurWords = (error: unknown): unknown =>
  error instanceof SpoolError ? new UsageError(error.message, { cause: error }) : error;

export interface SpooledMessage {
  readonly number: number;
  /** The message; its topic is empty where it is the producer's own. */
  readonly message: Message;
}

const READ = { maxBytes: 256 * 1024 };
const OWN_TOPIC = { topic: '', errorTopic: '' };

/** Yields the messages that have not settled, in order. @throws UsageError when the system refuses to read them */
export function* messagesIn(view: SpoolView, from = 0): Generator<SpooledMessage[]> {
  const read = (number: number) => looking(() => view.read(number, READ));
  for (let chunk = read(from); chunk; chunk = read(chunk.first + chunk.offsets.length)) {
    const { first, offsets, memory } = chunk;
    const records = new RecordMemory(memory.buffer);
    yield Array.from(offsets, (offset, index) => ({
      number: first + index,
      message: records.decode(offset, OWN_TOPIC),
    }));
  }
}

const SHOWN = 20;

/** Prints one line for each loss. Returns the number of lost messages. */
export function sayLosses(losses: readonly Loss[]): number {
  for (const loss of losses.slice(0, SHOWN)) say(describe(loss));
  if (losses.length > SHOWN) say(`… and ${losses.length - SHOWN} more; --json has all that verify finds`);
  return lostBy(losses);
}

/** Returns the number of lost messages. */
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
  if (kind === 'unconfirmed')
    return `${file}: the end is half-written; it had not been confirmed to any caller${which}`;
  const cost = kind === 'settlements' ? '' : count > 0 ? `; ${count} lost` : '; nothing is lost by it';
  return `${file}: ${what}${cost}${which}`;
}
