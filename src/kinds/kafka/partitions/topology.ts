/** Known topics, and the questions about them: at first use, when one disappears, and every 30 s while it is used. */

import type { KeyHash } from '../partitioner.ts';
import type { TopicAnswer } from './channel.ts';
import type { Sightings } from './sightings.ts';
import { Topic } from './topic.ts';

/** Time in ms between two questions about a topic in use. Added partitions are found within a minute. */
const REFRESH_MS = 30_000;
/** Time in ms until a missing topic is asked for again. A partition that a message names is asked for after `SECOND_LOOK_MS`. */
const CHECK_MS = 250;
const SECOND_LOOK_MS = 1000;
/** Pauses in ms while no broker answers. */
const PAUSES_MS = [50, 100, 250, 500, 1000, 2000] as const;
/** A topic whose messages get no answer is asked for again, if its last answer is older than this time in ms. */
const DOUBT_MS = 2000;
/** Time in ms without a message after which a topic is forgotten. */
const FORGET_MS = 600_000;

const UNKNOWN_TOPIC = 3;
/** The broker has the topic, or is creating it, and names no partition of it yet. */
const isComing = ({ code, leaders }: TopicAnswer): boolean => code !== 0 || leaders.length === 0;
/** The client may not send to the topic, or the topic cannot exist: TOPIC_EXCEPTION, TOPIC_AUTHORIZATION_FAILED. */
const REFUSED: ReadonlySet<number> = new Set([17, 29]);

export interface TopologyContext {
  readonly hash: KeyHash;
  readonly sightings: Sightings;
  /** How long a topic may be missing before its messages are refused, in ms. */
  readonly missingMs: number;
  readonly now: () => number;
  ask(topics: readonly string[]): Promise<readonly TopicAnswer[]>;
  /** A topic existed and no longer does. */
  gone(topic: string): void;
  /** A broker has answered about these topics. */
  answered(topics: readonly Topic[]): void;
}

interface Entry {
  readonly topic: Topic;
  askAt: number;
}

/** Why the messages of a topic cannot be placed. */
export type Obstacle = 'unknown' | 'missing' | 'refused';

export class Topology {
  readonly #context: TopologyContext;
  readonly #entries = new Map<string, Entry>();
  #isAsking = false;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #missingFrom: number | undefined;
  #missingMs = 0;

  constructor(context: TopologyContext) {
    this.#context = context;
  }

  get topics(): Topic[] {
    return Array.from(this.#entries.values(), ({ topic }) => topic);
  }

  topic(name: string): Topic {
    const known = this.#entries.get(name);
    if (known !== undefined) return known.topic;
    const topic = new Topic(name, this.#context.hash);
    const now = this.#context.now();
    topic.usedAt = now;
    this.#entries.set(name, { topic, askAt: now });
    return topic;
  }

  get missingMs(): number {
    return this.#missingMs + (this.#missingFrom === undefined ? 0 : this.#context.now() - this.#missingFrom);
  }

  /** Why a topic's messages cannot be placed, judged by the last answer. Anything after that answer is unknown. */
  obstacle({ name, answer, answeredAt }: Topic): Obstacle {
    if (answer === undefined) return 'unknown';
    if (REFUSED.has(answer.code)) return 'refused';
    if (answer.code !== UNKNOWN_TOPIC) return 'unknown';
    const { sightings, missingMs } = this.#context;
    return answeredAt - sightings.missingSince(name, answeredAt) >= missingMs ? 'missing' : 'unknown';
  }

  /** Whether the last answer is so recent that asking again would give the same one. */
  isFresh({ answeredAt }: Topic): boolean {
    return this.#context.now() - answeredAt < SECOND_LOOK_MS;
  }

  /** Marks a topic as changed and asks about it at once, or after `CHECK_MS` if such answers repeat. */
  lost(topic: Topic): void {
    const entry = this.#entries.get(topic.name);
    if (entry === undefined || !topic.hasPartitions) return;
    const { now } = this.#context;
    entry.askAt = this.#context.now() - topic.answeredAt < CHECK_MS ? now() + CHECK_MS : now();
    topic.lost();
  }

  /** Asks about a topic again because its messages get no answer. */
  doubt(topic: Topic): void {
    const now = this.#context.now();
    const entry = this.#entries.get(topic.name);
    if (entry === undefined || now - topic.answeredAt < DOUBT_MS) return;
    entry.askAt = now;
    this.check();
  }

  /** Asks about the topics that are due. */
  check(): void {
    if (this.#isAsking || this.#closed) return;
    const now = this.#context.now();
    const due = Array.from(this.#entries.values()).filter((entry) => this.#dueAt(entry) <= now);
    if (due.length > 0) void this.#ask(due);
    else this.#schedule(now);
  }

  #dueAt({ topic, askAt }: Entry): number {
    if (topic.misplaced.length > 0) return Math.min(askAt, topic.answeredAt + SECOND_LOOK_MS);
    return topic.isWaiting || topic.isSettled || topic.isAwaited ? askAt : Number.POSITIVE_INFINITY;
  }

  #schedule(now: number): void {
    clearTimeout(this.#timer);
    const next = Math.min(...Array.from(this.#entries.values(), (entry) => this.#dueAt(entry)));
    if (next < Number.POSITIVE_INFINITY) this.#timer = setTimeout(() => this.check(), Math.max(next - now, 1)).unref();
  }

  async #ask(due: readonly Entry[]): Promise<void> {
    this.#isAsking = true;
    try {
      const answers = await this.#context.ask(due.map(({ topic }) => topic.name));
      this.#failures = 0;
      for (const entry of due) entry.askAt = this.#context.now() + CHECK_MS; // for topics that are missing in the answer
      this.#take(answers);
    } catch {
      // The client logs why no broker answers.
      const pause = PAUSES_MS[Math.min(this.#failures++, PAUSES_MS.length - 1)] as number;
      for (const entry of due) entry.askAt = this.#context.now() + pause;
    } finally {
      this.#isAsking = false;
    }
    this.check();
  }

  #take(answers: readonly TopicAnswer[]): void {
    const now = this.#context.now();
    const topics = answers.flatMap((answer) => {
      const entry = this.#entries.get(answer.name);
      if (entry !== undefined) this.#note(entry, answer, now);
      return entry === undefined ? [] : [entry.topic];
    });
    this.#forget(now);
    this.#context.answered(topics);
    this.#countMissing(now);
  }

  #note(entry: Entry, answer: TopicAnswer, now: number): void {
    const { topic } = entry;
    if (answer.code === UNKNOWN_TOPIC && topic.hasPartitions) this.#context.gone(topic.name);
    if (isComing(answer) && topic.hasPartitions) topic.lost();
    topic.heard(answer, now);
    entry.askAt = now + (isComing(answer) ? CHECK_MS : REFRESH_MS);
    if (!isComing(answer)) this.#context.sightings.seen(topic.name);
  }

  #forget(now: number): void {
    for (const [name, { topic }] of this.#entries) {
      const isIdle = !topic.isWaiting && topic.queues.every((queue) => queue.isIdle);
      if (isIdle && now - topic.usedAt > FORGET_MS) this.#entries.delete(name);
    }
  }

  /** Called when no message waits any more. */
  cleared(): void {
    this.#countMissing(this.#context.now());
  }

  #countMissing(now: number): void {
    const isMissing = this.topics.some((topic) => topic.isWaiting && topic.answer?.code === UNKNOWN_TOPIC);
    if (isMissing === (this.#missingFrom !== undefined)) return;
    this.#missingMs = this.missingMs;
    this.#missingFrom = isMissing ? now : undefined;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }
}
