/** One round: a producer's process on the spool that the last one left, disturbed and killed as planned. */

import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from './children.ts';
import { OUTSIDE, type Plan } from './plan.ts';
import { MAIN_PIPE, WORKER_PIPE } from './processes/journal.ts';
import { MAX_MESSAGE_BYTES, type Orders } from './processes/orders.ts';
import type { World } from './world.ts';

/** A point that has not been passed by then is not passed any more. */
const PATIENCE_MS = 6000;
/** Of the last process, which is left alone. */
const LAST_MS = 120_000;

export const NOT_REACHED = 'not reached';

/** What was seen of a round. */
export interface Seen {
  /** Where it died, by its own word: phase/variant. `not reached` where it had to be killed from outside instead. */
  point: string;
  /** What it underwent beside that. */
  disturbances: string[];
  /** How it ended: a signal, or an exit code. */
  ended: number | string;
}

export async function runRound(world: World, plan: Plan): Promise<Seen> {
  const { child, seen, moments } = start(world, plan, ordersFor(world, plan));
  const disturbing = disturb(world, plan, moments);
  await killInTime(child, plan, moments);
  seen.ended = await child.ended;
  await disturbing;
  return seen;
}

/** The last one is left alone, and says what became of everything. */
export async function runLast(world: World, plan: Plan): Promise<Seen> {
  const orders = { ...ordersFor(world, plan), kill: undefined, workerExitAt: 0, clockJumpMs: 0 };
  const { child, seen } = start(world, plan, orders);
  const late = setTimeout(() => child.kill(), LAST_MS);
  seen.ended = await child.ended;
  clearTimeout(late);
  return seen;
}

function start(world: World, { round }: Plan, orders: Orders): { child: Child; seen: Seen; moments: Moments } {
  const seen: Seen = { point: NOT_REACHED, disturbances: [], ended: 0 };
  const env = { OUTSPOOL_CHAOS: JSON.stringify(orders) };
  const child = new Child(world.script('producer'), [], { env, log: world.log, pipes: 2 });
  const begun = new AbortController();
  const over = new AbortController();
  const journal = new Journal(world, round, { seen, begin: () => begun.abort() });
  child.lines(MAIN_PIPE, (lines) => journal.main(lines));
  child.lines(WORKER_PIPE, (lines) => journal.worker(lines));
  void child.ended.then(() => over.abort());
  return { child, seen, moments: { begun: begun.signal, over: over.signal, seen } };
}

function ordersFor(world: World, plan: Plan): Orders {
  const { round, kill, armMs, window, poisonEvery, produceEvery, workerExitAt, clockJumpMs } = plan;
  const marker = join(world.directory, `worker-exit-${round}`);
  const load = { window, poisonEvery, produceEvery };
  return { round, kill, armMs, ...load, workerExitAt, clockJumpMs, marker, config: configOf(world, plan) };
}

function configOf({ broker, network, spool, letters }: World, { maxMessages, spoolBytes }: Plan): Orders['config'] {
  return {
    type: 'kafka',
    name: broker.topic,
    bootstrap_servers: network.address,
    max_message_bytes: MAX_MESSAGE_BYTES,
    max_retries: 2,
    backoff_seconds: 0.05,
    connect_timeout_seconds: 2,
    attempt_timeout_seconds: 1,
    queue: { max_messages: maxMessages, spool: { path: spool, max_bytes: spoolBytes, sync: '0ms' } },
    dead_letter: { file: letters },
  };
}

interface Moments {
  /** The first message was accepted. */
  readonly begun: AbortSignal;
  /** The process has ended. */
  readonly over: AbortSignal;
  readonly seen: Seen;
}

const reached = (signal: AbortSignal): Promise<unknown> => (signal.aborted ? Promise.resolve() : once(signal, 'abort'));

/** Waits, unless the process ends first. Returns whether it has not. */
async function lives(ms: number, over: AbortSignal): Promise<boolean> {
  await sleep(ms, undefined, { signal: over }).catch(() => {});
  return !over.aborted;
}

async function disturb(world: World, plan: Plan, { begun, over, seen }: Moments): Promise<void> {
  if (plan.disturbance === undefined) return;
  await Promise.race([reached(begun), reached(over)]);
  if (!(await lives(plan.disturbAfterMs, over))) return;
  if (!world.begin(plan.disturbance)) return;
  seen.disturbances.push(plan.disturbance);
  await lives(plan.disturbForMs, over);
  world.mend(plan.disturbance);
}

async function killInTime(child: Child, { kill }: Plan, { begun, over, seen }: Moments): Promise<void> {
  const isOutside = kill.phase === OUTSIDE;
  if (isOutside) await Promise.race([reached(begun), reached(over), sleep(PATIENCE_MS)]);
  if (!(await lives(isOutside ? kill.afterMs : PATIENCE_MS, over))) return;
  if (isOutside) seen.point = `${kill.phase}/${kill.variant}`;
  child.kill();
}

interface Told {
  readonly seen: Seen;
  /** A message was accepted. */
  begin(): void;
}

/** What a process says of itself becomes evidence. */
class Journal {
  readonly #world: World;
  readonly #round: number;
  readonly #told: Told;
  #worker = 0;
  #connection = 0;

  constructor(world: World, round: number, told: Told) {
    this.#world = world;
    this.#round = round;
    this.#told = told;
  }

  main(lines: readonly string[]): void {
    const accepted = lines.filter((line) => line.startsWith('accepted ')).map((line) => Number(line.slice(9)));
    this.#world.ledger.accepted(accepted);
    if (accepted.length > 0) this.#told.begin();
    for (const line of lines) this.#said(line);
  }

  worker(lines: readonly string[]): void {
    for (const line of lines) this.#said(line);
  }

  #said(line: string): void {
    const { sends, withdrawn, books } = this.#world;
    const [word, ...rest] = line.split(' ');
    const text = rest.join(' ');
    if (word === 'worker') this.#worker++;
    else if (word === 'connecting') this.#connection++;
    else if (word === 'sent') sends.sent(this.#sender, text.split(',').map(Number));
    else if (word === 'point') this.#told.seen.point = text;
    else if (word === 'exiting') this.#told.seen.disturbances.push('worker ends');
    else if (word === 'jumping') this.#told.seen.disturbances.push('clock jumps');
    else if (word === 'withdrawn') withdrawn.push(Number(text));
    else if (word === 'books') books.add(`round ${this.#round}: ${text}`);
    else if (word === 'outcome') this.#world.outcome = JSON.parse(text);
  }

  get #sender() {
    return { round: this.#round, worker: this.#worker, connection: this.#connection };
  }
}
