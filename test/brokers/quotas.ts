/** Quotas of clients and users, set by Apache Kafka's own tool: kafkajs knows none. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CLASS_PATH, JAVA } from './java.ts';
import type { Kafka } from './state.ts';

export interface QuotaEntity {
  readonly type: 'clients' | 'users';
  readonly name: string;
}

type QuotaName = 'producer_byte_rate' | 'request_percentage';
export type Quota = Readonly<Partial<Record<QuotaName, number>>>;

const TOOL = ['-Xmx64m', '-XX:TieredStopAtLevel=1', '-cp', CLASS_PATH, 'kafka.admin.ConfigCommand'];

async function alter(kafka: Kafka<'plaintext'>, { type, name }: QuotaEntity, change: readonly string[]): Promise<void> {
  const server = ['--bootstrap-server', kafka.bootstrapServers.plaintext];
  await promisify(execFile)(JAVA, [
    ...TOOL,
    ...server,
    '--alter',
    '--entity-type',
    type,
    '--entity-name',
    name,
    ...change,
  ]);
}

/** In force when it resolves, on each broker. */
export const setQuota = (kafka: Kafka<'plaintext'>, entity: QuotaEntity, quota: Quota): Promise<void> =>
  alter(kafka, entity, [
    '--add-config',
    Object.entries(quota)
      .map((pair) => pair.join('='))
      .join(','),
  ]);

/** Pauses that a broker has asked for go on to their ends. */
export const liftQuota = (kafka: Kafka<'plaintext'>, entity: QuotaEntity, quota: Quota): Promise<void> =>
  alter(kafka, entity, ['--delete-config', Object.keys(quota).join(',')]);
