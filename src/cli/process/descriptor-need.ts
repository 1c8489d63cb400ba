/**
 * Estimates how many descriptors a configuration needs at most. It was measured on Linux with Node 20, in a process with 8
 * producers of a kind. The entries of /proc/PID/fd were counted after 2000 messages each, and every 2 ms while the producers
 * started.
 */

import type { LoadedProducer, LoadedSource } from '../../config/load.ts';

type Settings = Readonly<Record<string, unknown>>;

/** Descriptors of a thread's event loop: epoll, an eventfd, a pipe. A file producer has 5, of which one is the file. */
const THREAD = 4;
/**
 * Modules that a starting worker has open at once. 8 file producers had 379 at most and 58 afterwards, 8 of Kafka 476 and 114.
 */
const LOADING = 45;
/**
 * Descriptors for each broker: librdkafka has a socket and a wake-up pipe. 12 with one bootstrap server and one broker: 4 + 2 + 2
 * × 3.
 */
const BROKER = 3;
const CLIENT = 2;
/** Number of brokers in a small cluster, because the configuration names only some of them. */
const BROKERS = 3;
/** Allowance for a custom class, because clients of one server have a few connections. */
const CUSTOM = 8;

const BY_KIND: Readonly<Record<string, (settings: Settings) => number>> = {
  memory: () => 0, // it has no thread
  stdout: () => THREAD + LOADING,
  file: () => THREAD + LOADING + 1,
  // One connection, and another one that probes the server.
  rabbitmq: () => THREAD + LOADING + 2,
  // 6 with one request at a time: the thread, the connection, and one that probes the server.
  http: ({ max_in_flight: connections }) => THREAD + LOADING + 1 + Number(connections ?? 1),
  // A second client sends refused batches again, message by message.
  kafka: ({ bootstrap_servers: servers }) => THREAD + LOADING + 2 * kafkaClient(servers),
};

function kafkaClient(servers: unknown): number {
  const named = [servers ?? ''].flat().join(',').split(',').length;
  return CLIENT + BROKER * (named + Math.max(named, BROKERS));
}

/** Lock, segment and settlement log. */
const SPOOL = 3;
/** The dead-letter file, and its folder while that is synced. */
const LETTERS = 2;

function ofProducer({ kind, config }: LoadedProducer): number {
  const own = (BY_KIND[kind] ?? (() => THREAD + LOADING + CUSTOM))(config);
  const { spool } = Object(config.queue) as { spool?: unknown };
  const { file } = Object(config.dead_letter) as { file?: unknown };
  return own + (spool === undefined ? 0 : SPOOL) + (file === undefined ? 0 : LETTERS);
}

/**
 * Returns the need of a source. A followed file has the file, the next one during a rotation, the checkpoint and its lock. A
 * listener has its own socket and its connections.
 */
function ofSource({ config }: LoadedSource): number {
  if (config.type === 'http') return 1 + config.max_connections;
  return config.type === 'file' ? 4 : 1;
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** Sums up all producers, because they start at once. */
export const descriptorsFor = (producers: readonly LoadedProducer[], sources: readonly LoadedSource[] = []): number =>
  sum(producers.map(ofProducer)) + sum(sources.map(ofSource));
