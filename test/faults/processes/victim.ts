/**
 * A process with a durable Kafka producer that goes through all phases of its life, does what a caller has to do about errors,
 * and tells what it was promised. A system call fails on the way.
 */

import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaProducer } from '../../../src/kinds/kafka/kafka-producer.ts';
import type { Logger } from '../../../src/shared/log/logger.ts';
import { terminateWorkers } from '../../support/terminate-workers.ts';
import { configOf, enter, MAX_MESSAGE_BYTES, OWN_CODE, ordersOf, type Phase, SHUTDOWN_MS, tell } from './orders.ts';

const TRIES = 3;
const PAUSE_MS = 20;
/** Long enough for a worker that starts on a busy machine. */
const RECOVERY_MS = 40_000;
/** A segment of the spool has 64 KiB: so many of this size begin another. */
const LARGE = 9000;
/** By so much a timer of the same event loop may be ahead. */
const LATE_MS = 500;

const line = (level: string) => (fields: object, message: string) =>
  void process.stderr.write(`${level} ${message} ${JSON.stringify(fields)}\n`);
const logger: Logger = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
const config = configOf(ordersOf(process.env));

let refused = 0;

async function again<T>(call: string, act: () => Promise<T>): Promise<T | undefined> {
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      return await act();
    } catch (error) {
      refused++;
      tell({ event: 'refused', call, why: String(error) });
      await sleep(PAUSE_MS);
    }
  }
  tell({ event: 'wrong', kind: 'not usable', text: `${call} was refused ${TRIES} times` });
  return undefined;
}

/** A producer that does not start is shut down; the next one must. */
async function started(): Promise<KafkaProducer> {
  const producer = new KafkaProducer(config, { logger, niceness: 0 });
  try {
    await producer.start({ timeout: RECOVERY_MS });
    return producer;
  } catch (error) {
    await producer.shutdown(SHUTDOWN_MS);
    throw error;
  }
}

async function enqueue(producer: KafkaProducer, id: string, size = 10): Promise<void> {
  const value = { id, pad: 'x'.repeat(size) };
  const confirmed = await again('enqueue', async () => {
    await producer.enqueue({ key: id, value }, { timeout: RECOVERY_MS });
    return true;
  });
  if (confirmed) tell({ event: 'confirmed', id });
}

const named = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

async function delivered(producer: KafkaProducer): Promise<void> {
  const { remaining } = await producer.flush(RECOVERY_MS);
  if (remaining > 0)
    tell({ event: 'wrong', kind: 'not usable', text: `${remaining} remain: ${JSON.stringify(producer.stats())}` });
}

async function steady(producer: KafkaProducer): Promise<void> {
  await Promise.all(named('small', 5).map((id) => enqueue(producer, id)));
  for (const id of named('large', 9)) await enqueue(producer, id, LARGE);
  await enqueue(producer, 'poison', MAX_MESSAGE_BYTES);
  await again('send', () => producer.send({ key: 'sent', value: { id: 'sent' } }));
  await delivered(producer);
}

async function replacement(producer: KafkaProducer): Promise<void> {
  const before = producer.stats().workerRestarts;
  const late = performance.now() + RECOVERY_MS;
  const enqueued = named('before-death', 5).map((id) => enqueue(producer, id));
  await sleep(2);
  await terminateWorkers();
  const isReplaced = () => {
    const { workerRestarts, connection } = producer.stats();
    return workerRestarts > before && connection === 'connected';
  };
  const isOver = () => producer.stats().state === 'failed' || performance.now() > late;
  while (!isReplaced() && !isOver()) await sleep(5);
  if (!isReplaced())
    tell({ event: 'wrong', kind: 'not usable', text: `not replaced: ${JSON.stringify(producer.stats())}` });
  await Promise.all(enqueued);
  await enqueue(producer, 'after-death');
  await delivered(producer);
}

async function shutdown(producer: KafkaProducer): Promise<void> {
  await Promise.all(named('last', 5).map((id) => enqueue(producer, id)));
  const late = setTimeout(
    () => tell({ event: 'wrong', kind: 'late shutdown', text: `not after ${SHUTDOWN_MS} ms` }),
    SHUTDOWN_MS + LATE_MS,
  );
  await producer.shutdown(SHUTDOWN_MS);
  clearTimeout(late);
  tell({ event: 'shut down' });
}

/** stats() throws where what is counted differs from what is there; the final counts must add up too. */
function checkCounters(producer: KafkaProducer): void {
  try {
    const { accepted, recovered, pending, ...stats } = producer.stats();
    const { delivered, deadLettered, dropped, expired, undelivered, spooled } = stats;
    const settled = delivered + deadLettered + dropped + expired + undelivered + spooled;
    if (accepted + recovered !== settled + pending) throw new Error(JSON.stringify(producer.stats()));
    // What was refused to its caller has expired.
    if (dropped > 0 || expired > refused) throw new Error(`${dropped} dropped, ${expired} expired, ${refused} refused`);
  } catch (error) {
    tell({ event: 'wrong', kind: 'wrong counters', text: String(error) });
  }
}

await stat('/'); // the threads of libuv's pool are there before the first phase
process.exitCode = OWN_CODE;
enter('start');
const producer = await again('start', started);
if (producer !== undefined) {
  const checks = setInterval(() => checkCounters(producer), 25);
  for (const [phase, live] of Object.entries({ steady, replacement, shutdown })) {
    enter(phase as Phase);
    await live(producer);
  }
  clearInterval(checks);
  checkCounters(producer);
}
