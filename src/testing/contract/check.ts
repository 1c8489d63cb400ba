/** A check of the contract, and what checks have in common. */

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

/** The options of a subject that says what it claims. */
export interface Claimed extends ContractOptions {
  readonly features: Features;
}

/** Maximum time in ms that a check waits for anything. Only a hang lasts as long: a busy machine is slow, which is no fault. */
export const TIMEOUT_MS = 60_000;
/**
 * Maximum time in ms of a call that was given a deadline of three seconds at most, on a machine that is busy. It is below the default of 10 s,
 * so that a call which uses that instead is found out.
 */
export const OVERDUE_MS = 8000;
/** Options of a call whose outcome counts, however long it takes. */
export const PATIENT = { timeout: TIMEOUT_MS };
/** A server that was killed may answer before it serves; the runner's own limit comes first where that is too long. */
export const RECOVERY_MS = 60_000;
export const KEY = 'contract';

/** Failures are tried again soon, so that a test need not wait for it. */
export const IMPATIENT: ContractSettings = {
  max_retries: 2,
  backoff_seconds: 0.1,
  connect_timeout_seconds: 2,
  attempt_timeout_seconds: 2,
};

/** A check of what every kind must do. */
export const semantics = (title: string, run: Check['run']): Check => ({ title, column: 'semantics', run });

export const text = (part: Uint8Array | null | undefined): string | null =>
  part ? Buffer.from(part).toString() : null;

export const hex = (part: Uint8Array | null | undefined): string | null =>
  part ? Buffer.from(part).toString('hex') : null;

/** What has a deadline of its own, far below the limit: what does not heed it is found by the limit. @throws AssertionError then */
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

/** The texts `from` … `from + count - 1`. */
export const numbers = (count: number, from = 0): string[] => Array.from({ length: count }, (_, n) => String(from + n));

/** Accepts those values, in one order domain. */
export function produceAll({ producer }: ContractSubject, topic: string, values: readonly string[]): void {
  for (const value of values) producer.produce({ topic, key: KEY, value: Buffer.from(value) });
}

/** With the server gone while `body` runs, and back after it, whatever happens. */
export async function without(server: ContractServer, body: () => Promise<void>): Promise<void> {
  await server.interrupt();
  try {
    await body();
  } finally {
    await server.restore();
  }
}

/** The next `count` messages of the topic. */
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

/**
 * All values that the topic has got, as text. A last message is sent, and everything before it is returned: what had
 * been acknowledged by then has arrived by then, and its duplicates, too.
 */
export async function readAll(subject: ContractSubject, topic: string): Promise<(string | null)[]> {
  await subject.producer.publish(topic, Buffer.from(LAST), { key: KEY, timeout: TIMEOUT_MS });
  const values: (string | null)[] = [];
  for (;;) {
    const value = text((await subject.getMessageFromTopic(topic, TIMEOUT_MS)).value);
    if (value === LAST) return values;
    values.push(value);
  }
}

/** Nothing is lost, and order holds where it is claimed: the first time that each arrives counts. */
export function assertAll(arrived: readonly (string | null)[], sent: readonly string[], { ordered }: Features): void {
  const first = [...new Set(arrived)];
  const missing = sent.filter((value) => !first.includes(value));
  assert.deepEqual(missing, [], 'these messages were lost');
  assert.deepEqual(ordered ? first : first.toSorted(), ordered ? sent : sent.toSorted(), 'the order of arrival');
}

/** I1: what was accepted is in exactly one place. `stats()` counts by walking and checks the books. */
export function assertBalanced(producer: ContractSubject['producer']): void {
  const { accepted, recovered, pending, ...rest } = producer.stats();
  const settled = rest.delivered + rest.deadLettered + rest.dropped + rest.expired + rest.undelivered + rest.spooled;
  assert.equal(accepted + recovered, settled + pending, 'the accounts do not add up');
  assert.equal(pending, rest.queued + rest.inFlight);
}

/** The error that a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    () => undefined,
    (error: Error) => error,
  );
  return outcome ?? assert.fail('it should have been rejected');
}
