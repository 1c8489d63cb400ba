/** The interface of one Kafka client, as the handover of messages uses it. */

import type { CodeText } from '../errors/errors.ts';
import type { Run } from './run.ts';

/** The outcome of one message. The client may reuse the same object for each report. */
export interface Report {
  readonly batchId: number;
  readonly index: number;
  /** librdkafka's error code; 0 = delivered. */
  readonly code: number;
  readonly partition: number;
  readonly offset: number;
  /** Whether the broker named this message among the bad ones of its set. */
  readonly isNamed?: boolean;
}

/** A broker's answer about a topic. */
export interface TopicAnswer {
  readonly name: string;
  /** 0, or the broker's error code. */
  readonly code: number;
  /** The leader of each partition as `host:port`; undefined where the partition has none. */
  readonly leaders: readonly (string | undefined)[];
}

/** A broker as it names itself in metadata. */
export interface BrokerName {
  readonly id: number;
  readonly host: string;
  readonly port: number;
}

/** Returns the leaders in the order of the partitions. */
export function leadersOf(
  partitions: readonly { readonly id: number; readonly leader: number }[],
  brokers: readonly BrokerName[],
): (string | undefined)[] {
  const names = new Map(brokers.map(({ id, host, port }) => [id, `${host}:${port}`]));
  const leaders = new Array<string | undefined>(partitions.length).fill(undefined);
  for (const { id, leader } of partitions) leaders[id] = names.get(leader);
  return leaders;
}

/** Why a client takes no more messages. `refusal`: a broker has refused a set. `failure`: any other fatal error. */
export type ChannelEnd = 'refusal' | 'failure';

export interface Channel {
  /** Whether each set holds exactly one message, so that a refused set is one refused message. */
  readonly single: boolean;
  /** Whether nothing that this client sends is ever committed, so that its messages need no order. */
  readonly isTrial?: boolean;
  /** Messages whose reports have not come yet. `Handover` keeps this counter. */
  inFlight: number;
  /** Whether the client takes messages already. */
  readonly ready: boolean;
  readonly end: ChannelEnd | undefined;
  /** librdkafka's text for why the client has failed. */
  readonly reason: string;

  /** Passes the run to the client, in order, and marks in it what the client did not take. */
  produce(run: Run): void;
  /** Takes back the messages that have not been sent, or those and the ones in flight. Never blocks. */
  purge(what: 'queued' | 'everything'): void;
  /** Asks a broker about topics, which may create them. Rejects where no broker answers in time. */
  ask(topics: readonly string[]): Promise<readonly TopicAnswer[]>;
  /** The timestamp in the report, in ms since 1970; negative where the report has none. */
  timestamp(report: Report): number;
  /** The error of a report that is no delivery. */
  failure(report: Report): CodeText;
  close(deadlineMs: number): Promise<void>;
}
