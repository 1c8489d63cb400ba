/** One cell of the poison matrix: a load with poison in it, and what it cost the good messages. */

import { randomUUID } from 'node:crypto';
import { brokers, type ClusterKafka, createTopic } from '../../index.ts';
import { asWriter, closeTopic, removeTopics } from '../access.ts';
import { count, type Figures, figuresOf } from '../figures.ts';
import { Journal } from '../journal.ts';
import { configOf } from '../kinds.ts';
import { Load } from '../load.ts';
import { isPoison, type Plan, topicPlan } from '../plan.ts';
import { configsFor } from '../poison.ts';
import { readAll } from '../readings.ts';
import type { Cell } from './cells.ts';
import { type Calm, type Costs, calmOf, costsOf } from './costs.ts';

export interface Pace {
  readonly rate: number;
  readonly count: number;
  readonly drainMs: number;
}

export interface CellResult {
  readonly cell: Cell;
  /** Poison messages that were accepted. */
  readonly poison: number;
  readonly figures: Figures;
  readonly costs: Costs;
}

const VALUE_BYTES = 100;
const PACE: Pace = { rate: 200, count: 700, drainMs: 30_000 };
/** Without poison: enough for a median. */
const CALM_COUNT = 300;
/** At once, before there is a connection. */
const COLD_BURST = 50;
const WARM_UP = 60;

export async function runCell(cell: Cell, calm: Calm, pace: Pace = PACE): Promise<CellResult> {
  const kafka = brokers('cluster');
  const plan = await prepare(kafka, cell);
  const journal = await produce(kafka, plan, cell, pace);
  const readings = await readAll(kafka, [topicOf(plan)]);
  await removeTopics(kafka, [topicOf(plan)]);
  return {
    cell,
    poison: count(journal.accepted.keys(), (id) => isPoison(plan, id)),
    figures: figuresOf(journal, readings, plan),
    costs: costsOf(journal, plan, cell, calm),
  };
}

/** What a run without poison is like: the same pace, partitions and kind of producer. */
export async function runCalm(cell: Cell): Promise<Calm> {
  const kafka = brokers('cluster');
  const { poison: _, ...plan } = await prepare(kafka, cell);
  const journal = await produce(kafka, plan, { ...cell, start: 'warm' }, { ...PACE, count: CALM_COUNT });
  await removeTopics(kafka, [topicOf(plan)]);
  return calmOf(journal, plan);
}

async function prepare(kafka: ClusterKafka, { poison, every, partitions, start }: Cell): Promise<Plan> {
  const topic = topicPlan(`poison-${randomUUID()}`, partitions);
  const forbidden = `${topic.name}-forbidden`;
  await createTopic(kafka, topic.name, { partitions, configs: configsFor(poison) });
  if (poison === 'denied topic') {
    await createTopic(kafka, forbidden, { partitions });
    await closeTopic(kafka, forbidden, partitions);
  }
  const from = start === 'cold' ? 0 : WARM_UP;
  return { topics: [topic], valueBytes: VALUE_BYTES, poison: { kind: poison, from, every, forbidden } };
}

const topicOf = ({ topics }: Plan) => topics[0]?.name ?? '';

async function produce(kafka: ClusterKafka, plan: Plan, { kind, start }: Cell, pace: Pace): Promise<Journal> {
  const journal = new Journal();
  const load = new Load(configOf(kind, asWriter(kafka)), plan, (entry) => journal.take(entry));
  if (start === 'cold') load.burst(COLD_BURST);
  else await warmUp(load);
  await load.pace(pace.rate, pace.count);
  await load.end(pace.drainMs);
  return journal;
}

async function warmUp(load: Load): Promise<void> {
  await load.start();
  load.burst(WARM_UP);
  await load.flush(10_000);
}
