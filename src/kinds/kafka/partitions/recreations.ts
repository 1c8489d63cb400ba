/**
 * Notices topics that were deleted and created again under the same name, if a client does not find the new leader of a
 * partition.
 *
 * librdkafka (at least up to 2.12) ignores a leader with an older epoch than the one that it knows. The epochs of a new topic
 * begin with 0. If the leader of the old topic had ever moved, librdkafka goes on sending to that old leader. Only another
 * client finds the new one.
 */

import type { Channel } from './channel.ts';
import type { EndOffset, LedPartition } from './end-offsets.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { Topic } from './topic.ts';

/** Time in ms that a client may take to find a leader. */
const STUCK_MS = 2000;
const CHECK_MS = 1000;
/** Time in ms without an answer after which a topic's end offset is asked for, at most every `COMPARE_MS`. */
const SUSPECT_MS = 5000;
const COMPARE_MS = 10_000;
/** Time in ms after which a missing topic counts as recreated. A broker that has just started may not know it yet. */
const CERTAIN_MS = 10_000;

export interface RecreationsContext {
  readonly now: () => number;
  /** Resolves with the end offsets of partitions. Rejects where no broker answers. */
  endOffsets?(places: readonly LedPartition[]): Promise<readonly EndOffset[]>;
  warn(text: string): void;
  /** Replaces this client with another one. */
  renew(channel: Channel, why: string): void;
  /** Asks for a call of `check`, although no report has come. */
  wake(): void;
}

export class Recreations {
  readonly #context: RecreationsContext;
  /** Number of messages sent again, by topic, since that was last logged. */
  readonly #resent = new Map<string, number>();
  #checkAt = 0;
  /** Each question has a client of its own, so one question at a time covers all topics. */
  #isComparing = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(context: RecreationsContext) {
    this.#context = context;
  }

  /** Counts a message that is sent again although a client reported it as delivered. The log that stored it is gone. */
  resent(topic: string): void {
    this.#resent.set(topic, (this.#resent.get(topic) ?? 0) + 1);
  }

  /** Checks the partitions, at most once a second. */
  check(topics: () => readonly Topic[]): void {
    const now = this.#context.now();
    if (now < this.#checkAt) return;
    this.#checkAt = now + CHECK_MS;
    this.#say();
    for (const topic of topics()) this.#renew(topic, now);
    if (!this.#isComparing) void this.#compareAll(topics(), now);
  }

  /** Schedules the next check, while something is in flight or waits to be logged. */
  watch(isBusy: boolean): void {
    if (isBusy || this.#resent.size > 0) this.#timer ??= setTimeout(() => this.#wake(), CHECK_MS).unref();
  }

  #wake(): void {
    this.#timer = undefined;
    this.#context.wake();
  }

  #say(): void {
    for (const [topic, count] of this.#resent)
      this.#context.warn(
        `${count} messages of the topic ${topic} were in flight when it was deleted and made again: they are sent again, behind later ones`,
      );
    this.#resent.clear();
  }

  #renew(topic: Topic, now: number): void {
    const isLongBack = now - topic.backAt >= CERTAIN_MS;
    for (const { otherness, channel } of stuckIn(topic, now))
      if (channel !== undefined && (otherness === 'certain' || (otherness === 'possible' && isLongBack)))
        this.#context.renew(
          channel,
          `the topic ${topic.name} was deleted and made again, and its leaders are not found: a fresh client goes on`,
        );
  }

  /** Asks for the end of one partition of each topic. Each is asked for again only after a while. */
  async #compareAll(topics: readonly Topic[], now: number): Promise<void> {
    const suspects = topics.flatMap((topic) => suspectIn(topic, now));
    if (suspects.length === 0) return;
    this.#isComparing = true;
    const ends = await this.#endsOf(suspects);
    for (const [index, suspect] of suspects.entries()) compare(suspect, ends?.[index], now);
    this.#isComparing = false;
  }

  async #endsOf(suspects: readonly Suspect[]): Promise<readonly EndOffset[] | undefined> {
    try {
      return await this.#context.endOffsets?.(suspects.map(({ place }) => place));
    } catch {
      return undefined; // No broker answers, so the messages wait for that.
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

const stuckIn = (topic: Topic, now: number): PartitionQueue[] =>
  topic.queues.filter((queue) => topic.isLed(queue.partition) && queue.isStalled(now, STUCK_MS));

interface Suspect {
  readonly topic: Topic;
  readonly queue: PartitionQueue;
  readonly place: LedPartition;
  /** The last offset that its log reported before the question. */
  readonly lastOffset: number;
}

/** Returns the stuck partition whose end was asked for the longest ago, if there is one. */
function suspectIn(topic: Topic, now: number): Suspect[] {
  const suspects = stuckIn(topic, now).filter((queue) => isSuspect(queue, now));
  return suspects
    .toSorted((a, b) => a.comparedAt - b.comparedAt)
    .slice(0, 1)
    .map((queue) => ({ topic, queue, place: placeOf(topic, queue), lastOffset: queue.doubts.lastOffset }));
}

const placeOf = (topic: Topic, { partition }: PartitionQueue): LedPartition => ({
  topic: topic.name,
  partition,
  leader: topic.leaderOf(partition),
});

/** A log that ends at or before the last offset that it reported is another log. */
function compare({ topic, queue, lastOffset }: Suspect, end: EndOffset | undefined, now: number): void {
  if (end === 'unasked') return;
  queue.comparedAt = now;
  if (typeof end === 'number' && end <= lastOffset) for (const one of topic.queues) one.forget('certain');
}

/** Whether the log may be another one. A client that has delivered nothing there yet knows no older leader. */
function isSuspect(queue: PartitionQueue, now: number): boolean {
  if (queue.doubts.lastOffset < 0 || now - queue.comparedAt < COMPARE_MS) return false;
  return queue.otherness === 'possible' || (queue.isKnown && queue.isStalled(now, SUSPECT_MS));
}
