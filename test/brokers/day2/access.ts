/** Topics of the cluster, and who may write them: everybody everything, but for what is denied here. */

import kafkajs from 'kafkajs';
import { until } from '../../support/until.ts';
import { quietKafka, withAdmin } from '../admin.ts';
import { asUser } from '../secure.ts';
import type { ClusterKafka } from '../state.ts';

const { AclOperationTypes, AclPermissionTypes, ResourcePatternTypes, AclResourceTypes } = kafkajs;

/** The settings of a producer that rules bind. */
export const asWriter = ({ bootstrapServers, users }: ClusterKafka, mechanism = 'PLAIN') => ({
  bootstrap_servers: bootstrapServers.saslPlaintext,
  security_protocol: 'SASL_PLAINTEXT' as const,
  ...(asUser(users.writer, mechanism) as object),
});

const denial = (topic: string) => ({
  resourceType: AclResourceTypes.TOPIC,
  resourceName: topic,
  resourcePatternType: ResourcePatternTypes.LITERAL,
  principal: 'User:writer',
  host: '*',
  operation: AclOperationTypes.WRITE,
  permissionType: AclPermissionTypes.DENY,
});

/** Everything else stays allowed: a topic with a rule would otherwise be closed to everybody whom no rule names. */
const permission = (topic: string) => ({
  ...denial(topic),
  principal: 'User:*',
  operation: AclOperationTypes.ALL,
  permissionType: AclPermissionTypes.ALLOW,
});

const adminOf = ({ bootstrapServers }: ClusterKafka) => ({ brokers: bootstrapServers.plaintext.split(',') });

/** What has been read is not kept: a broker that was killed looks through every partition when it starts. */
export const removeTopics = (kafka: ClusterKafka, topics: readonly string[]) =>
  withAdmin(adminOf(kafka), async (admin) => {
    const known = await admin.listTopics();
    await admin.deleteTopics({ topics: topics.filter((topic) => known.includes(topic)) });
  });

export const denyWrite = (kafka: ClusterKafka, topic: string) =>
  withAdmin(adminOf(kafka), (admin) => admin.createAcls({ acl: [denial(topic), permission(topic)] }));

/** As `denyWrite`, and waits until the leader of every partition heeds it: each hears of it by itself, a moment later. */
export async function closeTopic(kafka: ClusterKafka, topic: string, partitions: number): Promise<void> {
  await denyWrite(kafka, topic);
  const sasl = { mechanism: 'plain', ...kafka.users.writer } as const;
  const client = quietKafka({ brokers: kafka.bootstrapServers.saslPlaintext.split(','), sasl });
  const producer = client.producer({ retry: { retries: 0 }, allowAutoTopicCreation: false });
  await producer.connect();
  const isClosed = (partition: number) =>
    producer.send({ topic, messages: [{ partition, value: null }] }).then(
      () => false,
      (error) => /not authorized/i.test(String(error)),
    );
  try {
    for (let partition = 0; partition < partitions; partition++) await until(() => isClosed(partition));
  } finally {
    await producer.disconnect();
  }
}

export const allowWrite = (kafka: ClusterKafka, topic: string) =>
  withAdmin(adminOf(kafka), (admin) => admin.deleteAcls({ filters: [denial(topic)] }));
