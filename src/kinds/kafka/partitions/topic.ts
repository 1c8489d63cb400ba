/** One topic: its partitions, as far as they are known, and the messages that wait until they are. */

import type { PackedRecord } from '../batches/packed-record.ts';
import type { KeyHash } from '../partitioner.ts';
import type { TopicAnswer } from './channel.ts';
import { PartitionQueue } from './partition-queue.ts';
import { TicketQueue } from './tickets.ts';

/** Time in ms that messages without a key stay with one partition, so that sets become large. librdkafka uses the same value. */
const STICKY_MS = 10;

export class Topic {
  readonly name: string;
  /** Messages whose partition is unknown for the moment, in order. */
  readonly unplaced = new TicketQueue();
  /** Messages that name a partition which did not exist when they came. */
  readonly misplaced = new TicketQueue();
  usedAt = 0;
  /** When a broker last gave the answer that still holds. */
  answeredAt = Number.NEGATIVE_INFINITY;
  /** Since when brokers report that it exists. */
  backAt = Number.POSITIVE_INFINITY;
  readonly #hash: KeyHash;
  #answer: TopicAnswer | undefined;
  #queues: PartitionQueue[] = [];
  #state: 'unknown' | 'settled' | 'growing' | 'lost' = 'unknown';
  #sticky: PartitionQueue | undefined;
  #stickyUntil = 0;

  constructor(name: string, hash: KeyHash) {
    this.name = name;
    this.#hash = hash;
  }

  /** The last answer of a broker that still holds. */
  get answer(): TopicAnswer | undefined {
    return this.#answer;
  }

  get queues(): readonly PartitionQueue[] {
    return this.#queues;
  }

  /** Whether messages wait for a broker's answer about it. */
  get isWaiting(): boolean {
    return this.unplaced.length > 0 || this.misplaced.length > 0;
  }

  get isSettled(): boolean {
    return this.#state === 'settled';
  }

  /** Whether its partitions are known, also while what was placed by their old number is being delivered. */
  get hasPartitions(): boolean {
    return this.isSettled || this.isGrowing;
  }

  get isGrowing(): boolean {
    return this.#state === 'growing';
  }

  /** Whether it existed, and has been deleted or replaced by another topic. */
  get isLost(): boolean {
    return this.#state === 'lost';
  }

  heard(answer: TopicAnswer, now: number): void {
    const isThere = answer.code === 0 && answer.leaders.length > 0;
    if (!isThere) this.backAt = Number.POSITIVE_INFINITY;
    else this.backAt = Math.min(this.backAt, now);
    this.#answer = answer;
    this.answeredAt = now;
  }

  isLed(partition: number): boolean {
    return this.leaderOf(partition) !== undefined;
  }

  leaderOf(partition: number): string | undefined {
    return this.#answer?.leaders[partition];
  }

  /** Whether it was lost while messages were in flight to it. */
  get isAwaited(): boolean {
    return this.isLost && this.#queues.some(({ inFlight }) => inFlight > 0);
  }

  /** The partition of a message; undefined where it is unknown for the moment. */
  queueOf(record: PackedRecord, bytes: Uint8Array, now: number): PartitionQueue | undefined {
    this.usedAt = now;
    if (record.partition >= 0) return this.#queues[record.partition];
    const hash = this.#hash(bytes, record.keyAt, record.keyLength);
    return hash === undefined ? this.#anyQueue(now) : this.#queues[hash % this.#queues.length];
  }

  /** Picks a partition that has a leader, refuses nothing and answers, if there is one. */
  #anyQueue(now: number): PartitionQueue {
    if (this.#sticky !== undefined && now < this.#stickyUntil && isGood(this.#sticky, now)) return this.#sticky;
    const led = this.#queues.filter(({ partition }) => this.isLed(partition));
    const good = led.filter((queue) => isGood(queue, now));
    const among = [good, led, this.#queues].find(({ length }) => length > 0) as PartitionQueue[];
    this.#sticky = among[Math.floor(Math.random() * among.length)] as PartitionQueue;
    this.#stickyUntil = now + STICKY_MS;
    return this.#sticky;
  }

  /**
   * Adopts the partitions of the broker's answer. When their number changes, the partition of a key changes too. What was
   * placed by the old number is delivered first, so that no message overtakes an earlier one of its key.
   * @returns whether messages can be placed now
   */
  settle(): boolean {
    const count = this.answer?.code === 0 ? this.answer.leaders.length : 0;
    if (count === 0 || (this.isSettled && count === this.#queues.length)) return this.isSettled;
    if (this.isSettled) this.#state = 'growing';
    if (this.#queues.some((queue) => !queue.isIdle)) return false;
    this.#state = 'settled';
    if (count !== this.#queues.length) this.#resize(count);
    return true;
  }

  #resize(count: number): void {
    this.#queues = Array.from(
      { length: count },
      (_, partition) => this.#queues[partition] ?? new PartitionQueue(this.name, partition),
    );
    this.#sticky = undefined;
  }

  /** Notes that it was deleted or replaced. Messages that are not in flight wait until it exists again. */
  lost(): void {
    this.#state = 'lost';
    this.#answer = undefined;
    this.backAt = Number.POSITIVE_INFINITY;
    for (const queue of this.#queues) {
      queue.forget();
      this.unplaced.insert(queue.drain());
    }
  }

  /** Removes and returns every message that is not in flight. */
  drain(): number[] {
    return [this.unplaced, this.misplaced, ...this.#queues].flatMap((queue) => queue.drain());
  }
}

const isGood = (queue: PartitionQueue, now: number): boolean => !queue.isStalled(now) && !queue.isSuspect(now);
