/** Administration through kafkajs, which shares no code with what is tested. */

import kafkajs, { type Admin, type KafkaConfig } from 'kafkajs';
import type { SingleKafka } from './state.ts';
import { acls, FORBIDDEN } from './users.ts';

const CALL_MS = 60_000;

/** A kafkajs client that says nothing; it has lines for every connection that does not come about. */
export const quietKafka = (config: KafkaConfig) =>
  new kafkajs.Kafka({
    clientId: 'outspool-test',
    logLevel: kafkajs.logLevel.NOTHING,
    requestTimeout: CALL_MS,
    reauthenticationThreshold: 1000, // sessions of one listener last 5 s: with its default it would begin anew at once
    ...config,
  });

export async function withAdmin<T>(config: KafkaConfig, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = quietKafka(config).admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** How many brokers the one at this address knows to be alive. */
export function aliveBrokers(address: string): Promise<number> {
  const atOnce = { brokers: [address], connectionTimeout: 1000, requestTimeout: 2000, retry: { retries: 0 } };
  return withAdmin(atOnce, async (admin) => (await admin.describeCluster()).brokers.length);
}

/** Lays down who may do what, and makes the topics that must be there to be refused. */
export async function authorize({ bootstrapServers, users }: SingleKafka): Promise<void> {
  const sasl = { mechanism: 'plain', ...users.admin } as const;
  await withAdmin({ brokers: [bootstrapServers.plainOnly], sasl }, async (admin) => {
    await admin.createAcls({ acl: acls() });
    await admin.createTopics({ topics: Object.values(FORBIDDEN).map((topic) => ({ topic })), waitForLeaders: true });
  });
}
