/** How many messages a client has queued, by librdkafka's statistics: the only word on that which the binding passes on. */

/** librdkafka writes them so often. They are looked at only when a client has given up. */
export const STATISTICS = { 'statistics.interval.ms': '1000' };

/** The part of the statistics that is of use here. */
interface Statistics {
  readonly topics?: Readonly<Record<string, { readonly partitions?: Readonly<Record<string, Queues>> }>>;
}

/** Of one partition: messages that no broker's thread has taken yet, and those that one has. */
interface Queues {
  readonly msgq_cnt: number;
  readonly xmit_msgq_cnt: number;
}

/** Messages that are in flight are not among them. */
export function queuedIn(statistics: string): number {
  const { topics = {} } = JSON.parse(statistics) as Statistics;
  const partitions = Object.values(topics).flatMap(({ partitions = {} }) => Object.values(partitions));
  return partitions.reduce((sum, queues) => sum + queues.msgq_cnt + queues.xmit_msgq_cnt, 0);
}
