/** How many messages a client has queued, by librdkafka's statistics: the only word on that which the binding passes on. */

/** librdkafka takes them so often. They are looked at only when a client has given up. */
export const STATISTICS = { 'statistics.interval.ms': '1000' };

/** The part of the statistics that is of use here. */
interface Statistics {
  /** When they were taken, in µs, on a clock of librdkafka's own. */
  readonly ts: number;
  readonly topics?: Readonly<Record<string, { readonly partitions?: Readonly<Record<string, Queues>> }>>;
}

/** Of one partition: messages that no broker's thread has taken yet, and those that one has. */
interface Queues {
  readonly msgq_cnt: number;
  readonly xmit_msgq_cnt: number;
}

export interface Snapshot {
  /** Messages in the client's queues. Those in flight are not among them. */
  readonly queued: number;
  /** Not taken before this time, in ms of `performance`. It may have waited long to be read. */
  readonly notBefore: number;
}

/** Reads the statistics of one client, made before the client. */
export class StatisticsReader {
  readonly #begun = performance.now();
  #first: number | undefined;

  /** Only differences of librdkafka's clock are known here, so the first snapshot counts as taken when the client was made. */
  read(statistics: string): Snapshot {
    const { ts, topics = {} } = JSON.parse(statistics) as Statistics;
    this.#first ??= ts;
    const partitions = Object.values(topics).flatMap((topic) => Object.values(topic.partitions ?? {}));
    const queued = partitions.reduce((sum, queues) => sum + queues.msgq_cnt + queues.xmit_msgq_cnt, 0);
    return { queued, notBefore: this.#begun + (ts - this.#first) / 1000 };
  }
}
