/** One victim's life, with a fault or without, and what became of what it was promised. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import type { Loss } from '../../src/spool/recovery/loss.ts';
import { Spool } from '../../src/spool/spool.ts';
import { readTopic } from '../../src/testing/read-topic.ts';
import { quiet } from '../support/quiet.ts';
import type { Fault } from './fault.ts';
import { configOf, type Event, type Orders } from './processes/orders.ts';
import { type SeenCall, seenCalls, shimEnv } from './shim.ts';
import { scriptOf, type World } from './world.ts';

/** It has come to an end by then, or hangs. */
const LIFE_MS = 180_000;
const RESTART_MS = 60_000;
const READ_MS = 60_000;

/** What was seen of a life. */
export interface Evidence {
  /** The exit code, the signal, or that it had to be ended. */
  readonly ended: number | string;
  readonly events: readonly Event[];
  readonly calls: readonly SeenCall[];
  /** Its stderr. */
  readonly log: string;
  /** What it was promised, and what its predecessor was. */
  readonly promised: readonly string[];
  /** What has reached the broker or the dead letters in the end. */
  readonly arrived: ReadonlySet<string>;
  /** Why what it left could not be delivered after a restart. */
  readonly restart: string | undefined;
}

export async function live(world: World, fault?: Fault): Promise<Evidence> {
  const orders = world.next();
  try {
    const { ended, events, calls, log } = await victim(world, orders, fault);
    const confirmed = events.flatMap((event) => (event.event === 'confirmed' ? event.id : []));
    const promised = [...world.inherited, ...confirmed];
    const restart = await restarted(orders);
    return { ended, events, calls, log, promised, restart, arrived: await arrivals(orders, promised) };
  } finally {
    rmSync(orders.directory, { recursive: true, force: true });
  }
}

type Life = Pick<Evidence, 'ended' | 'events' | 'calls' | 'log'>;

async function victim(world: World, orders: ReturnType<World['next']>, fault?: Fault): Promise<Life> {
  const { directory, root } = orders;
  const [calls, stderr] = [join(directory, 'calls'), join(directory, 'stderr')];
  const shim = shimEnv({ library: world.library, log: calls, root, fault });
  const fd = openSync(stderr, 'w');
  const child = spawn(process.execPath, [scriptOf('victim')], {
    env: { ...process.env, OUTSPOOL_VICTIM: JSON.stringify(orders), ...shim },
    stdio: ['ignore', 'pipe', fd],
  });
  closeSync(fd);
  const closed = once(child, 'close');
  let hung = false;
  const late = setTimeout(() => {
    hung = true;
    child.kill('SIGKILL');
  }, LIFE_MS);
  const events: Event[] = [];
  for await (const line of createInterface(child.stdout as NodeJS.ReadableStream)) events.push(JSON.parse(line));
  const [code, signal] = await closed;
  clearTimeout(late);
  const ended = hung ? 'it hung' : (signal ?? code);
  return { ended, events, calls: seenCalls(calls), log: readFileSync(stderr, 'utf8') };
}

/** Delivers what the victim has left, in this process, where no call fails. Returns why that did not work. */
async function restarted(orders: Orders): Promise<string | undefined> {
  try {
    const left = await leftIn(configOf(orders).queue.spool.path);
    return left === 0 ? undefined : await redelivered(orders);
  } catch (error) {
    return String(error);
  }
}

/** Opens the spool, which is most of a restart; a worker would be started for nothing where nothing is left. @throws on a loss */
async function leftIn(directory: string): Promise<number> {
  const losses: string[] = [];
  const onLoss = ({ what }: Loss) => void losses.push(what);
  const spool = await Spool.open({ directory, maxBytes: 2 ** 20, syncIntervalMs: 0, onLoss });
  const { pending } = spool;
  await spool.close();
  if (losses.length > 0) throw new Error(`reported lost: ${losses.join(', ')}`);
  return pending;
}

async function redelivered(orders: Orders): Promise<string | undefined> {
  const producer = new KafkaProducer(configOf(orders), { logger: quiet, niceness: 0 });
  try {
    await producer.start({ timeout: RESTART_MS });
    const { remaining } = await producer.flush(RESTART_MS);
    return remaining === 0 ? undefined : `${remaining} messages remain`;
  } finally {
    await producer.shutdown();
  }
}

/** Reads the topic until everything has come, or for as long as is allowed. */
async function arrivals({ root, bootstrapServers, topic }: Orders, promised: readonly string[]): Promise<Set<string>> {
  const arrived = letters(root);
  const missing = new Set(promised.filter((id) => !arrived.has(id)));
  await readTopic({
    bootstrapServers,
    topic,
    count: missing.size,
    timeoutMs: READ_MS,
    where: ({ key }) => {
      const id = String(key);
      arrived.add(id);
      return missing.delete(id);
    },
  });
  return arrived;
}

/** Every message has its id as its key. A line that was cut short is no letter. */
function letters(root: string): Set<string> {
  const path = join(root, 'letters.ndjson');
  if (!existsSync(path)) return new Set();
  return new Set(readFileSync(path, 'utf8').split('\n').flatMap(letterId));
}

function letterId(line: string): string[] {
  try {
    return [(JSON.parse(line) as { message: { key: string } }).message.key];
  } catch {
    return [];
  }
}
