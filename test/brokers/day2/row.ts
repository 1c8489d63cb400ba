/** One row of the day-2 table: an event in the life of a cluster, and what is run through it. */

import type { ClusterKafka, TopicOptions } from '../index.ts';
import type { Config, Kind } from './kinds.ts';
import type { Place } from './plan.ts';
import type { PoisonKind } from './poison.ts';

/** Which partitions the event is about; the others should not notice. */
export type Affected = (place: Pick<Place, 'topic' | 'partition'>) => boolean;

export interface World {
  readonly kafka: ClusterKafka;
  /** Each producer has two topics. The first ones are what an event happens to, where it happens to a topic. */
  readonly first: readonly string[];
  readonly second: readonly string[];
  /** Of the first topics. */
  readonly options: TopicOptions;
  /** Of the transactional producer. */
  readonly transactionalId: string;
  /** To every producer's process. */
  say(line: string): void;
}

/** The configuration of topics whose records say when a broker stored them. */
export const STAMPED = { 'message.timestamp.type': 'LogAppendTime' };

export interface Row {
  readonly name: string;
  /** Lets it happen, and ends it. Resolves with what it was about, where that is not the first topics. */
  event(world: World): Promise<Affected | undefined>;
  /** Before there are producers. @returns what is added to their environment */
  setUp?(kafka: ClusterKafka): Promise<Readonly<Record<string, string>>>;
  /** When they have ended, whatever happened. */
  tearDown?(kafka: ClusterKafka): Promise<void>;
  /** Seconds of load after the event. @default 8 */
  readonly rest?: number;
  /** @default 45 */
  readonly drainSeconds?: number;
  /** @default 100 */
  readonly valueBytes?: number;
  readonly poison?: PoisonKind;
  /** Of the first topics. */
  readonly topic?: TopicOptions;
  /** What the producers have beside their kind's. */
  settings?(kafka: ClusterKafka): { readonly config: Partial<Config>; readonly java: Readonly<Record<string, string>> };
  /** Those that it concerns. @default all */
  readonly kinds?: readonly Kind[];
  /** It needs the Java programs itself. */
  readonly needsJava?: true;
  /** What the topics held may be gone: only what was delivered after the event must be there. */
  readonly destroys?: true;
  readonly limits?: Limits;
}

/** What the row promises beside no loss, no duplicates, order, and no dead letter without a reason. */
export interface Limits {
  /** Messages that may be refused besides poison: those of the first topics. */
  readonly letters?: 'of the first topics';
  /** In ms, from the event's begin to the first dead letter. */
  readonly grace?: number;
  /** Longest stall in ms of the partitions that the event is not about. */
  readonly elsewhere?: number;
  /** In ms, from the acceptance of a message to its dead letter. */
  readonly letterWithin?: number;
  /** Lines of the log a second, from the beginning of the event on. */
  readonly lines?: number;
  /** The cluster itself loses messages here. */
  readonly lossy?: true;
  /** The producer is ended by the event, with what it had. */
  readonly ends?: true;
}
