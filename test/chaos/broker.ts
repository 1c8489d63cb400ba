/** The broker of a run: the embedded cluster in a process of its own, or Apache Kafka where that is up. */

import { randomUUID } from 'node:crypto';
import { brokers, createTopic, pause, resume } from '../brokers/index.ts';
import { Child } from './children.ts';

export type BrokerKind = 'embedded' | 'apache';

export interface Broker {
  readonly bootstrapServers: string;
  readonly topic: string;
  readonly partitions: number;
  /** Whether it refuses what comes twice or out of order, as the protocol demands for an idempotent producer. */
  readonly checksSequences: boolean;
  down(): void;
  up(): void;
  stop(): Promise<void>;
}

/** Where its process comes from. */
interface Place {
  readonly log: number;
  script(name: string): string;
}

const PARTITIONS = 4;

export const startBroker = (kind: BrokerKind, place: Place): Promise<Broker> =>
  kind === 'embedded' ? embedded(place) : apache();

async function embedded(place: Place): Promise<Broker> {
  const topic = 'chaos';
  const child = new Child(place.script('broker'), [topic, `${PARTITIONS}`], { log: place.log });
  return {
    bootstrapServers: await child.firstLine(),
    topic,
    partitions: PARTITIONS,
    checksSequences: false,
    down: () => child.say('down'),
    up: () => child.say('up'),
    stop: async () => {
      child.kill();
      await child.ended;
    },
  };
}

/** It stops where it is instead of closing its port; `npm run brokers -- up single` starts it. */
async function apache(): Promise<Broker> {
  const kafka = brokers('single');
  const [broker] = kafka.brokers;
  if (broker === undefined) throw new Error('Apache Kafka is up without a broker');
  const topic = `chaos-${randomUUID()}`;
  await createTopic(kafka, topic, { partitions: PARTITIONS });
  return {
    bootstrapServers: kafka.bootstrapServers.plaintext,
    topic,
    partitions: PARTITIONS,
    checksSequences: true,
    down: () => pause(broker),
    up: () => resume(broker),
    stop: async () => resume(broker),
  };
}
