/** The metrics of a producer: names, types, help texts, and how each is read from a snapshot. docs/operations.md has a row for each. */

import type { BrokerStatistics } from '../../shared/client-statistics.ts';
import { OUTSPOOL_VERSION } from '../../shared/version.ts';
import { LATENCY_BOUNDS_MS } from '../settlement/latency.ts';
import type { Snapshot } from '../snapshot.ts';
import type { MetricConfiguration, PromClient, Sample } from './prom-client.ts';

export interface Definition {
  readonly type: keyof Pick<PromClient, 'Counter' | 'Gauge' | 'Histogram'>;
  readonly name: string;
  readonly help: string;
  /** Labels in addition to those of the producer. */
  readonly labelNames: readonly string[];
  readonly aggregator: MetricConfiguration['aggregator'];
  /** Returns the values, with these labels only. */
  read(snapshot: Snapshot): readonly Sample[];
}

const MS = 1000;

const one = (value: number, labels: Sample['labels'] = {}): Sample => ({ labels, value });

/** One sample for each key, which becomes the value of the label: `deadLetter` is `dead_letter`. */
const by = (label: string, counts: Readonly<Record<string, number>>): Sample[] =>
  Object.entries(counts).map(([key, count]) => one(count, { [label]: snakeCase(key) }));

const snakeCase = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

type Rest = Partial<Pick<Definition, 'labelNames' | 'aggregator'>>;

const metric =
  (type: Definition['type']) =>
  (name: string, help: string, read: Definition['read'], rest: Rest = {}): Definition => ({
    ...{ type, name, help, read, labelNames: [], aggregator: 'sum' },
    ...rest,
  });

const counter = metric('Counter');
const gauge = metric('Gauge');

/** Whether the producer has been started and not yet ended. Before and after, it has no connection and is not meant to have one. */
const runs = ({ state }: Snapshot): boolean => state !== 'created' && state !== 'closed';

/** Whether the gauges of queue and spool mean something. They are left out at the end, so that no alert fires for what is over. */
const isOpen = ({ state }: Snapshot): boolean => state !== 'closed';

const DURATION = 'outspool_delivery_duration_seconds';

export const DEFINITIONS: readonly Definition[] = [
  counter('outspool_messages_accepted_total', 'Messages accepted in this run.', ({ accepted }) => [one(accepted)]),
  counter(
    'outspool_messages_recovered_total',
    'Messages that an earlier run had left in the spool.',
    ({ recovered, unused }) => [one(recovered + unused)],
  ),
  counter(
    'outspool_messages_settled_total',
    'Messages by final state.',
    ({ delivered, deadLettered, dropped, expired, undelivered, spooled, unused }) =>
      by('outcome', { delivered, deadLettered, dropped, expired, undelivered, spooled, unused }),
    { labelNames: ['outcome'] },
  ),
  gauge(
    'outspool_messages_pending',
    'Messages that have not settled, by place.',
    ({ pendingBy }) => by('place', { ...pendingBy }),
    { labelNames: ['place'] },
  ),
  gauge('outspool_queue_bytes', 'Memory of the queue, counted in whole slots.', (snapshot) =>
    isOpen(snapshot) ? [one(snapshot.queue.bytes)] : [],
  ),
  gauge('outspool_queue_capacity_bytes', 'Memory that the queue may use.', (snapshot) =>
    isOpen(snapshot) ? [one(snapshot.queue.maxBytes)] : [],
  ),
  gauge('outspool_spool_bytes', 'Size of the spool on disk.', (snapshot) =>
    isOpen(snapshot) && snapshot.spool ? [one(snapshot.spool.bytes)] : [],
  ),
  gauge('outspool_spool_capacity_bytes', 'Size that the spool may reach.', (snapshot) =>
    isOpen(snapshot) && snapshot.spool ? [one(snapshot.spool.maxBytes)] : [],
  ),
  gauge(
    'outspool_oldest_message_age_seconds',
    'Age of the oldest pending message; 0 if none is pending.',
    (snapshot) => (isOpen(snapshot) ? [one((snapshot.oldestMs ?? 0) / MS)] : []),
    { aggregator: 'max' },
  ),
  counter(
    'outspool_attempts_total',
    'Attempts by result. Failed ones are rounds, which may hold many messages; the other results count messages.',
    ({ attempts }) => by('result', { ...attempts }),
    { labelNames: ['result'] },
  ),
  counter('outspool_resets_total', 'Connections closed and made again after failed attempts.', ({ resets }) => [
    one(resets),
  ]),
  counter('outspool_worker_restarts_total', 'Worker threads replaced.', ({ workerRestarts }) => [one(workerRestarts)]),
  counter(
    'outspool_worker_loop_seconds_total',
    'Time in which the event loop of the worker threads had something to do, and nothing to do.',
    ({ workerLoop }) => by('state', { active: workerLoop.activeMs / MS, idle: workerLoop.idleMs / MS }),
    { labelNames: ['state'] },
  ),
  counter(
    'outspool_dead_letters_total',
    'Permanently failed messages that were dead-lettered, or dropped without a dead-letter target.',
    ({ deadLetters }) => by('reason_class', deadLetters),
    { labelNames: ['reason_class'] },
  ),
  gauge(
    'outspool_connected',
    'Whether the producer is connected (1) or not (0), while it runs.',
    (snapshot) => (runs(snapshot) ? [one(Number(snapshot.connection === 'connected'))] : []),
    { aggregator: 'min' },
  ),
  gauge(
    'outspool_client_broker_rtt_seconds',
    'Mean round-trip time of requests to a broker, in the last interval of `statistics.interval.ms`.',
    ({ client }) => byBroker(client, ({ rttMs }) => rttMs && rttMs.mean / MS),
    { labelNames: ['broker'], aggregator: 'max' },
  ),
  gauge(
    'outspool_client_broker_requests_queued',
    'Requests that wait to be sent to a broker, at the last interval.',
    ({ client }) => byBroker(client, ({ requests }) => requests.queued),
    { labelNames: ['broker'] },
  ),
  counter(
    'outspool_client_broker_retries_total',
    'Requests that were sent to a broker again, since the client was made.',
    ({ client }) => byBroker(client, ({ retries }) => retries),
    { labelNames: ['broker'] },
  ),
  gauge(
    'outspool_build_info',
    'Always 1; the labels have the versions of outspool and Node.js.',
    () => [one(1, { version: OUTSPOOL_VERSION, node: process.version })],
    { labelNames: ['version', 'node'], aggregator: 'max' },
  ),
  metric('Histogram')(DURATION, 'Time from acceptance to acknowledgement of delivered messages.', ({ latency }) =>
    histogramOf(latency),
  ),
];

function byBroker(client: Snapshot['client'], read: (broker: BrokerStatistics) => number | null): Sample[] {
  return (client?.brokers ?? []).flatMap((broker) => {
    const value = read(broker);
    return value === null ? [] : [one(value, { broker: broker.broker })];
  });
}

/** Upper bounds of the buckets in seconds. */
export const BUCKETS: readonly number[] = LATENCY_BOUNDS_MS.map((ms) => ms / MS);

function histogramOf({ buckets, count, sumMs }: Snapshot['latency']): Sample[] {
  let below = 0;
  const cumulative = buckets.map((bucket): Sample => {
    below += bucket.count;
    const le = Number.isFinite(bucket.ms) ? String(bucket.ms / MS) : '+Inf';
    return { metricName: `${DURATION}_bucket`, labels: { le }, value: below };
  });
  return [
    ...cumulative,
    { metricName: `${DURATION}_sum`, labels: {}, value: sumMs / MS },
    { metricName: `${DURATION}_count`, labels: {}, value: count },
  ];
}
