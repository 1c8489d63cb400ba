/** Says which broker does not answer, while others do: librdkafka says nothing of it before its time-outs. */

import { News } from '../../../news.ts';
import type { Topic } from './topic.ts';

/** So long an answer may take; replicas that are away cost some seconds. */
const SILENT_MS = 10_000;
const LOOK_MS = 1000;

export class Silence {
  readonly #warn: (text: string) => void;
  readonly #news: News;
  #lookAt = 0;

  constructor(warn: (text: string) => void, now: () => number) {
    this.#warn = warn;
    this.#news = new News(now);
  }

  /** Looks at the partitions once a second. */
  look(topics: () => readonly Topic[], now: number): void {
    if (now < this.#lookAt) return;
    this.#lookAt = now + LOOK_MS;
    for (const [broker, partitions] of silent(topics(), now))
      if (this.#news.is(broker))
        this.#warn(
          `${broker} has not answered for ${SILENT_MS / 1000} s: messages for ${partitions.join(', ')} wait, and others go on`,
        );
  }
}

/** By the broker that leads them. */
function silent(topics: readonly Topic[], now: number): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { name, lanes, answer } of topics)
    for (const lane of lanes) {
      const broker = answer?.leaders[lane.partition];
      if (broker === undefined || !lane.isStalled(now, SILENT_MS)) continue;
      found.set(broker, [...(found.get(broker) ?? []), `${name} [${lane.partition}]`]);
    }
  return found;
}
