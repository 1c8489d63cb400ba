/** Reads from librdkafka's statistics how many messages a client has queued. The binding offers no other source for that. */

import { INTERVAL } from '../client-statistics.ts';

/** Longest interval of librdkafka's statistics in ms. The driver itself evaluates them only when a client has failed. */
const LONGEST_MS = 1000;

/** Returns properties with an interval that the driver can work with. */
export const withStatistics = (properties: Readonly<Record<string, string>>): Record<string, string> => {
  const own = Number(properties[INTERVAL] ?? 0);
  return { ...properties, [INTERVAL]: String(own > 0 ? Math.min(own, LONGEST_MS) : LONGEST_MS) };
};

interface Statistics {
  /** When they were taken, in µs, on a clock of librdkafka's own. */
  readonly ts: number;
  readonly topics?: Readonly<Record<string, { readonly partitions?: Readonly<Record<string, Queues>> }>>;
}

/** Of one partition: messages that no broker's thread has taken yet, and those that one has taken. */
interface Queues {
  readonly msgq_cnt: number;
  readonly xmit_msgq_cnt: number;
}

export interface Snapshot {
  /** Messages in the client's queues, without those in flight. */
  readonly queued: number;
  /** Earliest time at which it was taken, in ms of `performance.now()`. It may have waited long to be read. */
  readonly notBefore: number;
}

/** Reads the statistics of one client. Create it before the client. */
export class StatisticsReader {
  readonly #begun = performance.now();
  #first: number | undefined;

  /** Reads one snapshot. Only differences of the clock are known, so the first one counts as taken at the client's start. */
  read(statistics: string): Snapshot {
    const { ts, topics = {} } = JSON.parse(statistics) as Statistics;
    this.#first ??= ts;
    const partitions = Object.values(topics).flatMap((topic) => Object.values(topic.partitions ?? {}));
    const queued = partitions.reduce((sum, queues) => sum + queues.msgq_cnt + queues.xmit_msgq_cnt, 0);
    return { queued, notBefore: this.#begun + (ts - this.#first) / 1000 };
  }
}
