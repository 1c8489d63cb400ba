/** Numbered messages for some topics, each of which goes to a partition that its key chooses as the Java client would. */

import kafkajs from 'kafkajs';
import type { MessageInput } from '../../../src/shared/message/message.ts';
import { type PoisonKind, poisoned } from './poison.ts';

const KEYS_A_PARTITION = 5;

export interface TopicPlan {
  readonly name: string;
  /** Keys for each partition: `keys[partition]`. */
  readonly keys: ReadonlyArray<readonly string[]>;
}

export interface PoisonPlan {
  readonly kind: PoisonKind;
  /** Messages number `from`, `from` + `every` … are poison, all of them in the first topic. */
  readonly from: number;
  readonly every: number;
  /** Where the kind needs it: a topic that may not be written. */
  readonly forbidden: string;
}

export interface Plan {
  readonly topics: readonly TopicPlan[];
  readonly valueBytes: number;
  readonly poison?: PoisonPlan;
}

/** Where a good message belongs. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
}

export function topicPlan(name: string, partitions: number): TopicPlan {
  const keys = Array.from({ length: partitions }, (): string[] => []);
  const choose = kafkajs.Partitioners.DefaultPartitioner();
  const partitionMetadata = keys.map((_, partitionId) => ({ partitionId, leader: 1 }) as never);
  for (let n = 0; keys.some((found) => found.length < KEYS_A_PARTITION); n++) {
    const key = `key-${n}`;
    const found = keys[choose({ topic: name, partitionMetadata, message: { key, value: null } })] as string[];
    if (found.length < KEYS_A_PARTITION) found.push(key);
  }
  return { name, keys };
}

/** Poison comes to the first half of the partitions, so that the others show what it costs them. */
export const poisonedPartitions = (partitions: number) => Math.ceil(partitions / 2);

export const isPoison = ({ poison }: Plan, n: number) =>
  poison !== undefined && n >= poison.from && (n - poison.from) % poison.every === 0;

export function placeOf(plan: Plan, n: number): Place {
  if (plan.poison !== undefined && isPoison(plan, n))
    return poisonPlace(plan, (n - plan.poison.from) / plan.poison.every);
  const { topics } = plan;
  const { name, keys } = topics[n % topics.length] as TopicPlan;
  return place(name, keys, Math.floor(n / topics.length));
}

function poisonPlace({ topics }: Plan, count: number): Place {
  const { name, keys } = topics[0] as TopicPlan;
  return place(name, keys.slice(0, poisonedPartitions(keys.length)), count);
}

function place(topic: string, keys: TopicPlan['keys'], n: number): Place {
  const partition = n % keys.length;
  const own = keys[partition] as readonly string[];
  return { topic, partition, key: own[Math.floor(n / keys.length) % own.length] as string };
}

export function messageOf(plan: Plan, n: number): MessageInput {
  const { topic, key, partition } = placeOf(plan, n);
  const good = { topic, key, value: numbered(n, plan.valueBytes) };
  if (plan.poison === undefined || !isPoison(plan, n)) return good;
  return poisoned(plan.poison.kind, good, partition, plan.poison.forbidden);
}

/** The number first, then filler. */
export const numbered = (n: number, bytes: number) => Buffer.from(`${n} `.padEnd(bytes, 'x'));

export const numberIn = (value: Uint8Array | null) => Number.parseInt(Buffer.from(value ?? []).toString('latin1'), 10);
