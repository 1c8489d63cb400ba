/** Logs which broker does not answer. librdkafka itself logs nothing before its time-outs. */

import { News } from '../../../shared/log/news.ts';
import type { Topic } from './topic.ts';

/** Time in ms that an answer may take. Replicas that are away cost some seconds. */
const SILENT_MS = 10_000;
const CHECK_MS = 1000;

export class Silence {
  readonly #warn: (text: string) => void;
  readonly #doubt: (topic: Topic) => void;
  readonly #news: News;
  #checkAt = 0;

  /** `doubt` gets the topics whose messages get no answer. */
  constructor(warn: (text: string) => void, doubt: (topic: Topic) => void, now: () => number) {
    this.#warn = warn;
    this.#doubt = doubt;
    this.#news = new News(now);
  }

  /** Checks the partitions once a second. */
  check(topics: () => readonly Topic[], now: number): void {
    if (now < this.#checkAt) return;
    this.#checkAt = now + CHECK_MS;
    for (const topic of topics()) if (topic.queues.some((queue) => queue.isStalled(now))) this.#doubt(topic);
    for (const [broker, partitions] of silent(topics(), now))
      if (this.#news.is(broker))
        this.#warn(
          `${broker} has not answered for ${SILENT_MS / 1000} s: messages for ${partitions.join(', ')} wait, and others go on`,
        );
  }
}

/** Groups the silent partitions by the broker that leads them. */
function silent(topics: readonly Topic[], now: number): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { name, queues, answer } of topics)
    for (const queue of queues) {
      const broker = answer?.leaders[queue.partition];
      if (broker === undefined || !queue.isStalled(now, SILENT_MS)) continue;
      found.set(broker, [...(found.get(broker) ?? []), `${name} [${queue.partition}]`]);
    }
  return found;
}
