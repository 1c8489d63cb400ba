/** What handing over needs of one client of Kafka. */

import type { CodeText } from '../errors/errors.ts';
import type { Run } from './run.ts';

/** What became of one message. The same object may be used for report after report. */
export interface Report {
  readonly batchId: number;
  readonly index: number;
  /** librdkafka's; 0 = delivered. */
  readonly code: number;
  readonly partition: number;
  readonly offset: number;
  /** Whether the broker has named it among the bad messages of its set. */
  readonly isNamed?: boolean;
}

/** What a broker says of a topic. */
export interface TopicAnswer {
  readonly name: string;
  /** 0, or the broker's code. */
  readonly code: number;
  /** The broker that leads each partition, `host:port`; undefined where none does. */
  readonly leaders: readonly (string | undefined)[];
}

/** A broker as it names itself. */
export interface BrokerName {
  readonly id: number;
  readonly host: string;
  readonly port: number;
}

/** The leaders in the order of the partitions. */
export function leadersOf(
  partitions: readonly { readonly id: number; readonly leader: number }[],
  brokers: readonly BrokerName[],
): (string | undefined)[] {
  const names = new Map(brokers.map(({ id, host, port }) => [id, `${host}:${port}`]));
  const leaders = new Array<string | undefined>(partitions.length).fill(undefined);
  for (const { id, leader } of partitions) leaders[id] = names.get(leader);
  return leaders;
}

/**
 * Why a client takes nothing any more: a broker has refused a set, after which a client that keeps order gives up; or
 * something else.
 */
export type ChannelEnd = 'refusal' | 'failure';

export interface Channel {
  /** Whether a set of messages never holds more than one, so that what is refused is one message. */
  readonly single: boolean;
  /** Whether nothing that it sends is ever committed, so that its messages need no order. */
  readonly isTrial?: boolean;
  /** Messages whose reports have not come; kept by who hands over. */
  inFlight: number;
  /** Whether it takes messages by now. */
  readonly ready: boolean;
  readonly end: ChannelEnd | undefined;
  /** Why it has given up, in librdkafka's words. */
  readonly reason: string;

  /** Hands the run over, in order, and notes in it what was not taken. */
  produce(run: Run): void;
  /** Gives back what has not been sent, or that and what is in flight; never blocks. */
  purge(what: 'queued' | 'everything'): void;
  /** Asks a broker about topics, which may create them. Rejects where none answers in time. */
  ask(topics: readonly string[]): Promise<readonly TopicAnswer[]>;
  /** Milliseconds since 1970 that the report names; negative where it names none. */
  timestamp(report: Report): number;
  /** What a report that is no delivery says. */
  failure(report: Report): CodeText;
  close(deadlineMs: number): Promise<void>;
}
