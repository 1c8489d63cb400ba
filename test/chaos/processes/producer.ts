/** A producer's process: enqueues as fast as it is allowed to, says what was accepted, and is killed. */

import { setTimeout as sleep } from 'node:timers/promises';
import { PublishError } from '../../../src/shared/errors.ts';
import type { Logger } from '../../../src/shared/log/logger.ts';
import { jumpingClock } from '../../support/jumping-clock.ts';
import { ChaosProducer } from './chaos-producer.ts';
import { arm, die, isTime, point } from './faults.ts';
import { note } from './journal.ts';
import { contentOf, keyOf, ordersOf, PER_ROUND } from './orders.ts';

const orders = ordersOf(process.env);
/** More than this would only be waited for in the end. */
const MOST = 3000;
const BOOKS_MS = 25;
const JUMP_AT = 100;
const SHUTDOWN_MS = 1000;
const FLUSH_MS = 60_000;

const jumpClock = jumpingClock();
const line = (level: string) => (fields: object, message: string) =>
  void process.stderr.write(`${orders.round} ${level} ${message} ${JSON.stringify(fields)}\n`);
const logger: Logger = { debug: () => {}, info: line('info'), warn: line('warn'), error: line('error') };

const producer = new ChaosProducer(orders.config as ConstructorParameters<typeof ChaosProducer>[0], { logger });
let waiting = 0;
const books = setInterval(checkBooks, BOOKS_MS);

/** stats() throws where the books do not add up; and nothing may be given up here but what is refused to its caller. */
function checkBooks(): void {
  try {
    const { dropped, undelivered, recovered } = producer.stats();
    if (dropped + undelivered > 0) note('books', `${dropped} dropped, ${undelivered} undelivered`);
    if (recovered > 0) note('recovered', recovered);
  } catch (error) {
    note('books', String(error));
  }
}

const isEvery = (every: number, n: number): boolean => every > 0 && n % every === every - 1;

function message(n: number) {
  const id = orders.round * PER_ROUND + n;
  const value = contentOf(id, isEvery(orders.poisonEvery, n));
  const toJSON = () => {
    point('encoding', 'value');
    return value;
  };
  return { id, input: { key: keyOf(id), value: { toJSON } } };
}

async function enqueue(n: number): Promise<void> {
  const { id, input } = message(n);
  try {
    await producer.enqueue(input, { timeout: 2000 });
    note('accepted', id);
    arm();
  } catch (error) {
    note(error instanceof PublishError ? error.outcome : 'refused', id);
    if (!(error instanceof PublishError)) await sleep(1);
  }
}

function produce(n: number): void {
  const { id, input } = message(n);
  try {
    producer.produce(input);
  } catch {
    note('refused', id);
  }
}

function jump(): void {
  if (orders.clockJumpMs === 0) return;
  note('jumping');
  jumpClock(orders.clockJumpMs);
}

async function load(most: number): Promise<void> {
  for (let n = 0; n < most; n++) {
    while (waiting >= orders.window) await sleep(1);
    if (n === JUMP_AT) jump();
    if (isEvery(orders.produceEvery, n)) {
      produce(n);
      continue;
    }
    waiting++;
    void enqueue(n).finally(() => waiting--);
    if (n % 8 === 7) await sleep(0);
  }
}

async function shutDownAndDie(): Promise<void> {
  void load(MOST);
  for (;;) {
    await sleep(5);
    const now = isTime('shutdown');
    if (now === undefined) continue;
    void producer.shutdown(SHUTDOWN_MS);
    await sleep(now.afterMs);
    die(now);
  }
}

/** Everything goes out, what earlier processes have left first. */
async function end(): Promise<void> {
  await load(orders.window);
  while (waiting > 0) await sleep(1);
  const { remaining } = await producer.flush(FLUSH_MS);
  const before = producer.stats();
  const outcome = await producer.shutdown(10_000);
  clearInterval(books);
  note('outcome', JSON.stringify({ ...before, ...outcome, remaining }));
}

if (orders.kill === undefined) await end();
else if (orders.kill.phase === 'shutdown') await shutDownAndDie();
else await load(MOST);
