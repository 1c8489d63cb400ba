/**
 * Notices topics that were deleted and made again under the same name, where a client does not find the new leader of a partition.
 * librdkafka (at least up to 2.12) heeds no leader of an older epoch than the one that it knows. The epochs of a new topic begin
 * with 0, so where the leader of the old one had ever moved, it goes on sending to that one. Only another client finds the new one.
 */

import type { Channel } from './channel.ts';
import type { EndOffset, LedPartition } from './end-offsets.ts';
import type { Lane } from './lane.ts';
import type { Topic } from './topic.ts';

/** So long a client may take to find a leader. */
const STUCK_MS = 2000;
const LOOK_MS = 1000;
/** What was not seen to go may have gone all the same, when so long nothing was heard of it. Its end is asked for at most that often. */
const SUSPECT_MS = 5000;
const COMPARE_MS = 10_000;
/** A broker that has just started may not know a topic yet. Where the end of the log does not tell, so long is enough. */
const CERTAIN_MS = 10_000;

export interface RecreationsContext {
  readonly now: () => number;
  /** Where partitions end. Rejects where no broker answers. */
  endOffsets?(places: readonly LedPartition[]): Promise<readonly EndOffset[]>;
  /** Says something that an operator should know. */
  warn(text: string): void;
  /** Another client is to take this one's place. */
  renew(channel: Channel, why: string): void;
  /** Calls for a look, though nothing is heard. */
  wake(): void;
}

export class Recreations {
  readonly #context: RecreationsContext;
  /** How many messages of a topic were sent again, since that was last said. */
  readonly #resent = new Map<string, number>();
  #lookAt = 0;
  /** A question has a client of its own, so one is asked at a time, about all topics. */
  #isComparing = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(context: RecreationsContext) {
    this.#context = context;
  }

  /** A message that a client has reported as taken is sent again: the log that took it is gone. */
  resent(topic: string): void {
    this.#resent.set(topic, (this.#resent.get(topic) ?? 0) + 1);
  }

  /** Looks at the partitions, once a second at most. */
  look(topics: () => readonly Topic[]): void {
    const now = this.#context.now();
    if (now < this.#lookAt) return;
    this.#lookAt = now + LOOK_MS;
    this.#say();
    for (const topic of topics()) this.#renew(topic, now);
    if (!this.#isComparing) void this.#compareAll(topics(), now);
  }

  /** Calls for the next look, while something is in flight or is to be said. */
  watch(isBusy: boolean): void {
    if (isBusy || this.#resent.size > 0) this.#timer ??= setTimeout(() => this.#wake(), LOOK_MS).unref();
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

  /** One partition of each topic. Each is asked for again only after a while. */
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
      return undefined; // No broker answers, so that is what the messages wait for.
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

const stuckIn = (topic: Topic, now: number): Lane[] =>
  topic.lanes.filter((lane) => topic.isLed(lane.partition) && lane.isStalled(now, STUCK_MS));

interface Suspect {
  readonly topic: Topic;
  readonly lane: Lane;
  readonly place: LedPartition;
  /** What its log has taken when the question is asked. */
  readonly lastOffset: number;
}

/** The one that was not asked for longest, where there is one. */
function suspectIn(topic: Topic, now: number): Suspect[] {
  const suspects = stuckIn(topic, now).filter((lane) => isSuspect(lane, now));
  return suspects
    .toSorted((a, b) => a.comparedAt - b.comparedAt)
    .slice(0, 1)
    .map((lane) => ({ topic, lane, place: placeOf(topic, lane), lastOffset: lane.doubts.lastOffset }));
}

const placeOf = (topic: Topic, { partition }: Lane): LedPartition => ({
  topic: topic.name,
  partition,
  leader: topic.leaderOf(partition),
});

/** A log that ends before what it has taken is another one. */
function compare({ topic, lane, lastOffset }: Suspect, end: EndOffset | undefined, now: number): void {
  if (end === 'unasked') return;
  lane.comparedAt = now;
  if (typeof end === 'number' && end <= lastOffset) for (const one of topic.lanes) one.forget('certain');
}

/** A client that has got nothing there yet knows no older leader. */
function isSuspect(lane: Lane, now: number): boolean {
  if (lane.doubts.lastOffset < 0 || now - lane.comparedAt < COMPARE_MS) return false;
  return lane.otherness === 'possible' || (lane.isKnown && lane.isStalled(now, SUSPECT_MS));
}
