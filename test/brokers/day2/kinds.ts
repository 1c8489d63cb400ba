/** The kinds of producers that a row or a cell is run with. */

import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KafkaProducer } from '../../../src/kinds/kafka/kafka-producer.ts';

export type Config = ConstructorParameters<typeof KafkaProducer>[0];

const KINDS = {
  plain: () => ({}),
  spool: () => ({ queue: { spool: { path: join(mkdtempSync(join(tmpdir(), 'outspool-day2-')), 'spool') } } }),
  transactional: () => ({ transactional_id: `day2-${randomUUID()}` }),
  'node-rdkafka': () => ({ driver: 'node-rdkafka' }),
} satisfies Record<string, () => Partial<Config>>;

export type Kind = keyof typeof KINDS;

export const KIND_NAMES = Object.keys(KINDS) as Kind[];

/** Uncompressed, so that kafkajs can read it; with a short back-off, so that a run is short. */
export const configOf = (kind: Kind, settings: Partial<Config>): Config => ({
  type: 'kafka',
  name: `day2-${kind}`,
  compression: 'none',
  backoff_seconds: 2,
  ...KINDS[kind](),
  ...settings,
});

/** The directory that a run of the kind has made; undefined where it makes none. */
export const directoryOf = ({ queue }: Config) => queue?.spool && join(queue.spool.path, '..');
