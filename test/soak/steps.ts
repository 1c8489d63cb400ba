/** What the long tier runs: tests of the chaos tier, of the native glue, of the spool and against brokers, with many rounds instead of a few. */

import type { Shape } from '../brokers/places.ts';

export interface Step {
  readonly name: string;
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
  /** The brokers that it takes. */
  readonly brokers?: Shape;
}

export const STEPS: readonly Step[] = [
  { name: 'chaos: 1000 SIGKILLs', file: 'test/chaos/chaos.test.ts', env: { OUTSPOOL_CHAOS_ROUNDS: '1000' } },
  { name: 'durable producer: programs', file: 'test/chaos/model.test.ts', env: { OUTSPOOL_PROGRAMS: '400' } },
  {
    name: 'followed files: programs',
    file: 'test/chaos/followed.test.ts',
    env: { OUTSPOOL_FOLLOWED_PROGRAMS: '20000' },
  },
  { name: 'system calls that fail', file: 'test/chaos/faults.test.ts', env: { OUTSPOOL_FAULTS: 'all' } },
  { name: 'worker deaths', file: 'test/chaos/worker-death.test.ts', env: { OUTSPOOL_KILLS: '20' } },
  { name: 'shutdown matrix', file: 'test/chaos/shutdown-matrix.test.ts', env: { OUTSPOOL_ROUNDS: '20' } },
  { name: 'crash matrix', file: 'test/system/kafka-crash-matrix.test.ts', env: { CRASH_ROUNDS: '20' } },
  { name: 'log of a day', file: 'test/system/log-of-a-day.test.ts', env: { OUTSPOOL_LOG_RATE: '5' } },
  { name: 'spool: every byte and length', file: 'test/unit/spool/damage.test.ts', env: { OUTSPOOL_DAMAGE_STEP: '1' } },
  { name: 'spool: programs', file: 'test/unit/spool/model.test.ts', env: { OUTSPOOL_SPOOL_PROGRAMS: '5000' } },
  { name: 'spool: fuzz', file: 'test/unit/spool/fuzz.test.ts', env: { OUTSPOOL_SPOOL_PROGRAMS: '5000' } },
  { name: 'spool: SIGKILLs', file: 'test/system/spool-process.test.ts', env: { OUTSPOOL_SPOOL_KILLS: '100' } },
  {
    name: 'transactions',
    file: 'test/brokers/transactions.test.ts',
    env: { OUTSPOOL_TRANSACTION_MESSAGES: '100000' },
    brokers: 'single',
  },
  {
    name: 'refusals in transactions',
    file: 'test/brokers/refused-transactions.test.ts',
    env: { OUTSPOOL_REFUSALS: 'all' },
    brokers: 'single',
  },
  {
    name: 'first line of the log',
    file: 'test/brokers/check.test.ts',
    env: { OUTSPOOL_FIRST_LINE_MS: '2000' },
    brokers: 'single',
  },
  {
    name: 'failover',
    file: 'test/brokers/failover.test.ts',
    env: { OUTSPOOL_FAILOVER_MESSAGES: '300000', OUTSPOOL_FAILOVER_STOP_MS: '20000' },
    brokers: 'cluster',
  },
  {
    name: 'marks: no coordinator',
    file: 'test/system/kafka-marks.test.ts',
    env: { OUTSPOOL_MARK_RUNS: '200' },
  },
  {
    name: 'wiped cluster',
    file: 'test/brokers/wiped-cluster.test.ts',
    env: { OUTSPOOL_HOST_RUNS: '200' },
    brokers: 'cluster',
  },
  {
    name: 'sessions of 5 s',
    file: 'test/brokers/reauthentication.test.ts',
    env: { OUTSPOOL_HOST_RUNS: '200' },
    brokers: 'single',
  },
  {
    name: 'RabbitMQ: SIGKILLs',
    file: 'test/rabbitmq/kills.test.ts',
    env: { OUTSPOOL_RABBITMQ_KILLS: '5', OUTSPOOL_RABBITMQ_MESSAGES: '50000' },
  },
  { name: 'outage', file: 'test/brokers/outage.test.ts', env: { OUTSPOOL_OUTAGE_MS: '180000' }, brokers: 'cluster' },
  {
    name: 'poison matrix',
    file: 'test/brokers/poison-matrix.test.ts',
    env: { OUTSPOOL_POISON_CELLS: 'all' },
    brokers: 'cluster',
  },
  { name: 'fuzz: Kafka replies', file: 'test/system/fuzz-kafka.test.ts', env: { OUTSPOOL_FUZZ_MINUTES: '5' } },
  { name: 'fuzz: HTTP source', file: 'test/system/fuzz-listener.test.ts', env: { OUTSPOOL_FUZZ_MINUTES: '5' } },
  { name: 'fuzz: HTTP answers', file: 'test/system/fuzz-http-answers.test.ts', env: { OUTSPOOL_FUZZ_MINUTES: '5' } },
  { name: 'fuzz: AMQP frames', file: 'test/system/fuzz-amqp.test.ts', env: { OUTSPOOL_FUZZ_MINUTES: '5' } },
  { name: 'day 2', file: 'test/brokers/day2.test.ts', env: { OUTSPOOL_DAY2_ROWS: 'all' }, brokers: 'cluster' },
];
