/** What the Kafka kind needs from a Kafka client, as two very different ones implement it (`librdkafka/`, `node-rdkafka/`). */

import type { DefaultTopics } from '../../shared/memory/record.ts';
import type { LogLevel } from '../../shared/protocol.ts';
import type { Batch } from '../../shared/transport.ts';
import type { Sightings } from './partitions/sightings.ts';

export interface KafkaDriver {
  /** Starts a fresh client until a broker has answered. Rejects with a ConnectError, at the latest when `signal` is aborted. */
  open(signal: AbortSignal): Promise<void>;

  /**
   * Sends every message that the batch does not skip, in order, and resolves when none of them is in flight. Several calls may
   * be pending at once and keep their order. Messages that `purge` takes back get no outcome. After a failure that is not the
   * message's own, nothing more is sent until everything pending has come back. Messages that were not sent get no outcome, so
   * that no message overtakes the failed one.
   */
  produceBatch(batch: Batch): Promise<void>;

  /** Takes back what has not been sent. Messages in flight are awaited. Never blocks. */
  recall(): void;

  /** Takes back everything pending, including messages in flight, as soon as the client can. Never blocks. */
  purge(): void;

  /** Total time in ms that messages have waited for a missing topic, which is no failure. */
  readonly heldUpMs: number;

  /** Whether this client can send nothing more: it has failed for good, or was purged and cannot recover from that. */
  readonly spent: boolean;

  /** Closes the client within `deadlineMs`. May be called twice, and after a failed `open`. */
  close(deadlineMs: number): Promise<void>;
}

export interface KafkaDriverOptions {
  /** librdkafka's global properties. */
  readonly properties: Readonly<Record<string, string>>;
  /** librdkafka's topic properties (acks, message.timeout.ms, partitioner, ...). */
  readonly topicProperties: Readonly<Record<string, string>>;
  readonly defaults: DefaultTopics;
  /** How long a topic may be missing before messages are refused for it, in ms. @default 30000 */
  readonly topicMissingMs?: number;
  /** When topics were last seen. @default nothing was seen before */
  readonly sightings?: Sightings;
  /** The shared memory in which native handles are published, so that another thread can release them if this one dies. */
  readonly ledger?: SharedArrayBuffer;
  /** The librdkafka to load. @default OUTSPOOL_LIBRDKAFKA, then the platform package, node-rdkafka's own, the system's */
  readonly libraryPath?: string;
  /** Time in ms after which the caller of `open` aborts. The driver explains a missing connection before that. @default never */
  readonly connectTimeoutMs?: number;
  log(level: LogLevel, message: string): void;
  /** A broker (`host:port`) asks to be sent nothing for `ms` on one of the connections to it. */
  throttled?(broker: string, ms: number): void;
  /** Whether a broker asks to be sent nothing, or has asked a moment ago. @default never */
  isThrottled?(): boolean;
  /** Takes the statistics of a client, as librdkafka writes them. @default they are not taken */
  statistics?(text: string): void;
  /** A connection to this broker was lost, and any pause that was asked on it has ended. */
  disconnected?(broker: string): void;
}
