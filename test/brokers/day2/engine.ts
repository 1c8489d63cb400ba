/** Runs a row: a producer of each kind and the Java one through the same event, each with topics of its own. */

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { brokers, type ClusterKafka, createTopic } from '../index.ts';
import { closeTopic, removeTopics } from './access.ts';
import { withoutJavac } from './java-programs.ts';
import { configOf, KIND_NAMES, type Kind } from './kinds.ts';
import type { Orders } from './orders.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { type Plan, topicPlan } from './plan.ts';
import { configsFor } from './poison.ts';
import type { Row, World } from './row.ts';
import { Runner } from './runner.ts';

/** Messages a second of each producer. */
const RATE = 200;
const BEFORE_MS = 3000;
const REST_SECONDS = 8;
const DRAIN_SECONDS = 45;
const VALUE_BYTES = 100;
const PARTITIONS = 3;
const POISON_EVERY = 50;

export type Subject = Kind | 'java';

interface Run {
  readonly subject: Subject;
  readonly plan: Plan;
  readonly orders: Orders;
}

/** By subject. Without a Java compiler there is no Java producer. */
export async function runRow(row: Row): Promise<Map<Subject, Outcome>> {
  const kafka = brokers('cluster');
  try {
    return await withRunners(kafka, row, (await row.setUp?.(kafka)) ?? {});
  } finally {
    await row.tearDown?.(kafka);
  }
}

async function withRunners(kafka: ClusterKafka, row: Row, env: Readonly<Record<string, string>>) {
  const runs = subjectsOf(row).map((subject) => prepare(kafka, row, subject));
  await Promise.all(runs.map(({ plan }) => createTopics(kafka, row, plan)));
  const runners = runs.map(({ subject, orders }) => Runner[subject === 'java' ? 'java' : 'outspool'](orders, env));
  try {
    return await through(row, runs, runners, worldOf(kafka, row, runs, runners));
  } finally {
    for (const runner of runners) runner.kill();
  }
}

const subjectsOf = ({ kinds = KIND_NAMES }: Row): Subject[] => [...kinds, ...(withoutJavac() ? [] : ['java' as const])];

async function through(row: Row, runs: readonly Run[], runners: readonly Runner[], world: World) {
  await Promise.all(runners.map(({ ready }) => ready));
  world.say('go');
  await sleep(BEFORE_MS);
  const from = Date.now();
  const affected = (await row.event(world)) ?? (({ topic }) => world.first.includes(topic));
  const to = Date.now();
  await sleep((row.rest ?? REST_SECONDS) * 1000);
  const stopped = Date.now();
  const ends = await Promise.all(runners.map((runner) => runner.stop()));
  const outcomes = runs.map(({ plan }, index) => {
    const { journal } = runners[index] as Runner;
    return outcomeOf({ row, plan, journal, ended: ends[index] as string, from, to, stopped, affected }, world.kafka);
  });
  const all = await Promise.all(outcomes);
  await removeTopics(world.kafka, [...world.first, ...world.second]);
  return new Map(runs.map(({ subject }, index) => [subject, all[index] as Outcome]));
}

function prepare(kafka: ClusterKafka, row: Row, subject: Subject): Run {
  const name = `day2-${subject}-${randomUUID().slice(0, 8)}`;
  const first = topicPlan(`${name}-first`, row.topic?.partitions ?? PARTITIONS);
  const second = topicPlan(`${name}-second`, PARTITIONS);
  const { poison: kind, valueBytes = VALUE_BYTES } = row;
  // Poison begins with the event, so that it comes to a producer that is warm.
  const poison = kind && { kind, from: RATE * (BEFORE_MS / 1000), every: POISON_EVERY, forbidden: `${name}-forbidden` };
  const plan = { topics: [first, second], valueBytes, ...(poison && { poison }) };
  return { subject, plan, orders: ordersOf(kafka, row, subject, plan) };
}

function ordersOf(kafka: ClusterKafka, row: Row, subject: Subject, plan: Plan): Orders {
  const settings = row.settings?.(kafka);
  const bootstrap = kafka.bootstrapServers.plaintext;
  const config = { bootstrap_servers: bootstrap, client_id: `day2-${subject}`, ...settings?.config };
  return {
    config: configOf(subject === 'java' ? 'plain' : subject, config),
    java: { 'bootstrap.servers': bootstrap, 'client.id': 'day2-java', ...settings?.java },
    plan,
    rate: RATE,
    drainMs: (row.drainSeconds ?? DRAIN_SECONDS) * 1000,
  };
}

async function createTopics(kafka: ClusterKafka, row: Row, { topics, poison }: Plan): Promise<void> {
  const [first, second] = topics.map(({ name }) => name) as [string, string];
  await createTopic(kafka, first, firstOptions(row));
  await createTopic(kafka, second, { partitions: PARTITIONS });
  if (poison?.kind !== 'denied topic') return;
  await createTopic(kafka, poison.forbidden, { partitions: PARTITIONS });
  await closeTopic(kafka, poison.forbidden, PARTITIONS);
}

const firstOptions = ({ topic, poison }: Row) => ({
  partitions: PARTITIONS,
  ...topic,
  configs: { ...(poison && configsFor(poison)), ...topic?.configs },
});

function worldOf(kafka: ClusterKafka, row: Row, runs: readonly Run[], runners: readonly Runner[]): World {
  const named = (index: number) => runs.map(({ plan }) => plan.topics[index]?.name ?? '');
  const transactional = runs.find(({ subject }) => subject === 'transactional');
  return {
    kafka,
    first: named(0),
    second: named(1),
    options: firstOptions(row),
    transactionalId: transactional?.orders.config.transactional_id ?? '',
    say: (line) => {
      for (const runner of runners) runner.say(line);
    },
  };
}
