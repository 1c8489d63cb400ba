/** What the Kafka kind needs from a Kafka client: narrow, so that two very different clients fit behind it. */

import type { DefaultTopics } from '../../shared/memory/record.ts';
import type { Batch } from '../../shared/transport.ts';
import type { Sightings } from './lanes/sightings.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface KafkaDriver {
  /**
   * Starts a fresh client and resolves when a broker has answered. Rejects with a ConnectError that names the cause
   * (refused, the name does not resolve, ...) as soon as it is known, else when `signal` is aborted.
   */
  open(signal: AbortSignal): Promise<void>;

  /**
   * Hands over every message that the batch does not skip, in order, and resolves when none of them is in flight.
   * Several calls may be pending at once and keep their order. Messages that were given back by `purge` get no outcome.
   * After a failure that is not the message's own, nothing more is handed over until everything pending has come back:
   * what was not handed over gets no outcome, so that nothing overtakes the message that failed.
   */
  produceBatch(batch: Batch): Promise<void>;

  /** Gives back what has not been sent; what is in flight is awaited. Never blocks. */
  recall(): void;

  /** Gives back what is pending, in flight too, as soon as the client can; never blocks. */
  purge(): void;

  /** For how long, in ms and in all, messages have waited for what is no failure: a topic that is away. */
  readonly heldUpMs: number;

  /** Whether this client can send nothing any more: it has given up, or has been purged and does not recover from it. */
  readonly spent: boolean;

  /** Ends the client within `deadlineMs`. Safe twice, and after a failed `open`. */
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
  /** Where native handles are published, so that another thread can reclaim them if this one dies. */
  readonly ledger?: SharedArrayBuffer;
  /** The librdkafka to load. @default OUTSPOOL_LIBRDKAFKA, then node-rdkafka's own, then the system's */
  readonly libraryPath?: string;
  /** When whoever opens gives up: the driver says why there is no connection before that. @default never */
  readonly connectTimeoutMs?: number;
  log(level: LogLevel, message: string): void;
  /** A broker (`host:port`) asks to be sent nothing for `ms` on one of the connections to it. */
  throttled?(broker: string, ms: number): void;
  /** Whether a broker asks to be sent nothing, or has asked a moment ago. @default never */
  isThrottled?(): boolean;
  /** A connection to this broker was lost, and what was asked on it with it. */
  disconnected?(broker: string): void;
}
