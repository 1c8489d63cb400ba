/** Defines a check of the contract, and helpers that checks share. */

import assert from 'node:assert/strict';
import type { Bench } from './bench.ts';
import type { Features } from './features.ts';
import type { Column } from './report.ts';
import type { ContractOptions, ContractServer, ContractSettings, ContractSubject, ReceivedMessage } from './subject.ts';

export interface Check {
  readonly title: string;
  readonly column: Column;
  run(bench: Bench): Promise<void>;
}

export interface Claimed extends ContractOptions {
  readonly features: Features;
}

/** Maximum time, in ms, that a check waits for anything. Only a hang lasts as long. */
export const TIMEOUT_MS = 60_000;
/**
 * Maximum time, in ms, of a call with a deadline of three seconds or less, on a busy machine. It is below the default deadline of
 * 10 s, so that a call that uses the default instead fails.
 */
export const OVERDUE_MS = 8000;
/** Options of a call whose outcome matters, and not its time. */
export const PATIENT = { timeout: TIMEOUT_MS };
/** Time, in ms, for a server to serve again after it was killed. A shorter limit of the runner applies first. */
export const RECOVERY_MS = 60_000;
export const KEY = 'contract';

/** Settings with short retries, so that a check need not wait for them. */
export const IMPATIENT: ContractSettings = {
  max_retries: 2,
  backoff_seconds: 0.1,
  connect_timeout_seconds: 2,
  attempt_timeout_seconds: 2,
};

/** Defines a check of what every kind must do. */
export const semantics = (title: string, run: Check['run']): Check => ({ title, column: 'semantics', run });

export const text = (part: Uint8Array | null | undefined): string | null =>
  part ? Buffer.from(part).toString() : null;

export const hex = (part: Uint8Array | null | undefined): string | null =>
  part ? Buffer.from(part).toString('hex') : null;

/** Waits for work with a deadline of its own, far below `ms`. @throws AssertionError when the work ignores its deadline */
export async function within<T>(work: Promise<T> | T, what: string, ms = TIMEOUT_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new assert.AssertionError({ message: `${what} took longer than ${ms} ms` })), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

export const numbers = (count: number, from = 0): string[] => Array.from({ length: count }, (_, n) => String(from + n));

/** Produces the values with one key, so that they have one order. */
export function produceAll({ producer }: ContractSubject, topic: string, values: readonly string[]): void {
  for (const value of values) producer.produce({ topic, key: KEY, value: Buffer.from(value) });
}

/** Interrupts the server while `body` runs, and restores it in any case. */
export async function without(server: ContractServer, body: () => Promise<void>): Promise<void> {
  await server.interrupt();
  try {
    await body();
  } finally {
    await server.restore();
  }
}

/** Returns the next `count` messages of the topic. */
export async function read(
  subject: ContractSubject,
  topic: string,
  count: number,
  timeoutMs = TIMEOUT_MS,
): Promise<ReceivedMessage[]> {
  const messages: ReceivedMessage[] = [];
  while (messages.length < count) messages.push(await subject.getMessageFromTopic(topic, timeoutMs));
  return messages;
}

const LAST = 'the last message of this topic';

/** Returns all values of the topic, as text, up to a last message that it sends. Acknowledged ones have arrived by then. */
export async function readAll(subject: ContractSubject, topic: string): Promise<(string | null)[]> {
  await subject.producer.publish(topic, Buffer.from(LAST), { key: KEY, timeout: TIMEOUT_MS });
  const values: (string | null)[] = [];
  for (;;) {
    const value = text((await subject.getMessageFromTopic(topic, TIMEOUT_MS)).value);
    if (value === LAST) return values;
    values.push(value);
  }
}

/** Asserts that nothing is lost, and that the order holds where it is claimed. Of duplicates the first one counts. */
export function assertAll(arrived: readonly (string | null)[], sent: readonly string[], { ordered }: Features): void {
  const first = [...new Set(arrived)];
  const missing = sent.filter((value) => !first.includes(value));
  assert.deepEqual(missing, [], 'these messages were lost');
  assert.deepEqual(ordered ? first : first.toSorted(), ordered ? sent : sent.toSorted(), 'the order of arrival');
}

/** I1: asserts that every accepted message has exactly one state. `stats()` counts by walking, and checks the counters. */
export function assertBalanced(producer: ContractSubject['producer']): void {
  const { accepted, recovered, pending, ...rest } = producer.stats();
  const settled = rest.delivered + rest.deadLettered + rest.dropped + rest.expired + rest.undelivered + rest.spooled;
  assert.equal(accepted + recovered, settled + pending, 'the accounts do not add up');
  assert.equal(pending, rest.queued + rest.inFlight);
}

export async function rejection(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    () => undefined,
    (error: Error) => error,
  );
  return outcome ?? assert.fail('it should have been rejected');
}
