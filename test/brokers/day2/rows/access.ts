/** Rights and passwords that change in mid-run. */

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaProducer } from '../../../../src/kinds/kafka/kafka-producer.ts';
import { quiet } from '../../../support/quiet.ts';
import type { Broker, ClusterKafka } from '../../index.ts';
import { allowWrite, asWriter, denyWrite } from '../access.ts';
import { bootstrapOf, bounce, seconds } from '../acts.ts';
import { runAdmin } from '../java-programs.ts';
import { javaWriter } from '../java-properties.ts';
import type { Row } from '../row.ts';

const denied: Row = {
  name: 'WRITE on a topic revoked, granted after 10 s',
  settings: (kafka) => ({ config: asWriter(kafka), java: javaWriter(kafka) }),
  event: async ({ kafka, first }) => {
    for (const topic of first) await denyWrite(kafka, topic);
    await seconds(10);
    for (const topic of first) await allowWrite(kafka, topic);
    return undefined;
  },
  limits: { letters: 'of the first topics', letterWithin: 1000, elsewhere: 2000, lines: 1 },
};

const rotated: Row = {
  name: 'SCRAM password changed and a broker restarted, the old password back after 15 s',
  needsJava: true,
  settings: (kafka) => ({
    config: asWriter(kafka, 'SCRAM-SHA-512'),
    java: javaWriter(kafka, 'SCRAM-SHA-512'),
  }),
  event: async ({ kafka }) => {
    const { username, password } = kafka.users.writer;
    await runAdmin(bootstrapOf(kafka), 'scram', username, randomUUID());
    await bounce(kafka.brokers[0] as Broker, 1);
    await seconds(15);
    await runAdmin(bootstrapOf(kafka), 'scram', username, password);
    return () => true;
  },
  limits: { lines: 1 },
};

/** The brokers see it with the number of a worker behind it. */
const javaId = ({ clusterId }: ClusterKafka) => `day2-java-${clusterId}`;

async function usurp(kafka: ClusterKafka, transactional_id: string): Promise<void> {
  const other = new KafkaProducer(
    { type: 'kafka', name: 'day2-usurper', bootstrap_servers: bootstrapOf(kafka), transactional_id },
    { logger: quiet },
  );
  await other.start();
  await sleep(2000);
  await other.shutdown(5000);
}

const fenced: Row = {
  name: 'another producer starts with the transactional id',
  kinds: ['transactional'],
  settings: (kafka) => ({
    config: {},
    java: { 'bootstrap.servers': bootstrapOf(kafka), 'transactional.id': `${javaId(kafka)}-0` },
  }),
  event: async ({ kafka, transactionalId }) => {
    await Promise.all([transactionalId, javaId(kafka)].map((id) => usurp(kafka, id)));
    return () => true;
  },
  rest: 3,
  drainSeconds: 10,
  limits: { ends: true },
};

export const ACCESS: readonly Row[] = [denied, rotated, fenced];
