/** Brings shapes up and down. */

import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { aliveBrokers, authorize } from './admin.ts';
import { BrokersError, fetchKafka, requireJava } from './java.ts';
import { locked } from './lock.ts';
import { type Shape, shapeDirectory, stateFile } from './places.ts';
import { kill, lastWords, pidOf, signal, start } from './processes.ts';
import { prepare } from './shapes.ts';
import { type Broker, brokers, isUp, type Kafka, type SingleKafka, writeState } from './state.ts';

const READY_MS = 90_000;
const PAUSE_MS = 100;

export type Outcome = 'started' | 'was up' | 'mended';

/** Brings the shape up unless it is; starts again those of its brokers that have died. */
export function up(shape: Shape): Promise<Outcome> {
  return locked(shape, async () => {
    requireJava();
    await fetchKafka();
    if (isUp(shape)) return mend(brokers(shape));
    await clear(shape); // what a start that was interrupted has left
    await startAll(shape);
    return 'started';
  });
}

export const down = (shape: Shape): Promise<void> => locked(shape, () => clear(shape));

async function mend(kafka: Kafka<never>): Promise<Outcome> {
  const dead = kafka.brokers.filter((broker) => pidOf(broker) === undefined);
  for (const broker of kafka.brokers) if (!dead.includes(broker)) signal(broker, 'SIGCONT');
  for (const broker of dead) start(broker);
  await orClear(kafka.shape, () => ready(kafka));
  return dead.length === 0 ? 'was up' : 'mended';
}

async function startAll(shape: Shape): Promise<void> {
  mkdirSync(shapeDirectory(shape), { recursive: true, mode: 0o700 });
  await orClear(shape, async () => {
    const kafka = await prepare(shape);
    for (const broker of kafka.brokers) start(broker);
    await ready(kafka);
    if (shape === 'single') await authorize(kafka as SingleKafka);
    writeState(kafka);
  });
}

/** Half of a shape is of use to nobody. */
async function orClear(shape: Shape, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await clear(shape);
    throw error;
  }
}

/** Waits until every broker of the shape knows all of them. */
export async function ready(kafka: Kafka<never>): Promise<void> {
  const end = performance.now() + READY_MS;
  for (const broker of kafka.brokers) await brokerReady(broker, kafka.brokers.length, end);
}

export async function brokerReady(broker: Broker, count: number, end: number): Promise<void> {
  const address = `127.0.0.1:${broker.ports.plaintext}`;
  while ((await aliveBrokers(address).catch(() => 0)) < count) {
    const fault = pidOf(broker) === undefined ? 'has ended' : performance.now() > end ? 'is not ready in time' : null;
    if (fault) throw new BrokersError(`broker ${broker.id} (${broker.shape}) ${fault}:\n${lastWords(broker)}`);
    await sleep(PAUSE_MS);
  }
}

/** Ends what runs in the shape's folder, then removes the folder; by the folder, as there may be no state yet. */
async function clear(shape: Shape): Promise<void> {
  rmSync(stateFile(shape), { force: true });
  for (let id = 1; existsSync(`${shapeDirectory(shape)}/broker-${id}`); id++)
    await kill({ shape, id, directory: `${shapeDirectory(shape)}/broker-${id}`, ports: {} });
  rmSync(shapeDirectory(shape), { recursive: true, force: true });
}
