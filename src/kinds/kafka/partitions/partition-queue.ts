/** One partition: the messages that wait for it, those in flight to it, and the client that sends them. */

import type { Channel } from './channel.ts';
import { Doubts } from './doubts.ts';
import { TicketQueue } from './tickets.ts';

/** Maximum number of messages in flight to one partition: it keeps a client busy, without filling it with one partition. */
const WINDOW = 16_384;
/** The same where each message is a set of its own. Enough for five requests at once, and little to wait for. */
const SINGLE_WINDOW = 64;
/** Time in ms without an answer after which a partition gets no messages that may go to any partition. */
const STALLED_MS = 1000;
/** Time in ms without a refusal before sets are sent again. It doubles, up to the maximum, where it was too short. */
const FIRST_CALM_MS = 2000;
const MOST_CALM_MS = 30_000;
/** A refusal within this many calm periods after the last one counts as the same problem. */
const SOON = 5;

export type Otherness = 'none' | 'possible' | 'certain';

export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  readonly waiting = new TicketQueue();
  readonly doubts = new Doubts();
  inFlight = 0;
  /** When its end offset was last asked for. */
  comparedAt = Number.NEGATIVE_INFINITY;
  #channel: Channel | undefined;
  /**
   * Whether the broker has accepted a message of this client for this partition. From a client that it does not know, a broker
   * accepts any sequence number. Messages in flight behind a refused set would then arrive before the good ones of that set.
   */
  #isKnown = false;
  #otherness: Otherness = 'none';
  #returned: number[] = [];
  #movedAt = 0;
  #calmMs = FIRST_CALM_MS;
  #calmFrom = Number.NEGATIVE_INFINITY;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  get channel(): Channel | undefined {
    return this.#channel;
  }

  get isIdle(): boolean {
    return this.inFlight === 0 && this.waiting.length === 0 && this.#returned.length === 0 && this.doubts.isEmpty;
  }

  /** Changes the client, only while nothing is in flight. Two clients must not send to one partition at once. */
  attach(channel: Channel): boolean {
    if (this.#channel === channel) return true;
    if (this.inFlight > 0) return false;
    this.#channel = channel;
    this.#isKnown = channel.isTrial === true;
    this.#otherness = 'none';
    return true;
  }

  /** How many messages may be passed to the client now. */
  get room(): number {
    if (this.#returned.length > 0) return 0;
    if (!this.#isKnown) return this.inFlight === 0 ? 1 : 0;
    return (this.#channel?.single ? SINGLE_WINDOW : WINDOW) - this.inFlight;
  }

  /** Whether the topic was replaced by another one since this client's last delivery to it. */
  get otherness(): Otherness {
    return this.#otherness;
  }

  /** Whether this client has delivered a message to it. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  delivered(): void {
    this.#isKnown = true;
    this.#otherness = 'none';
  }

  /** Notes that a message was sent to it or came back. */
  moved(now: number): void {
    this.#movedAt = now;
  }

  /** Whether the messages in flight get no answer. */
  isStalled(now: number, forMs = STALLED_MS): boolean {
    return this.inFlight > 0 && now - this.#movedAt > forMs;
  }

  /** Notes that the broker no longer knows this client here, because the topic is, or may be, another one of the same name. */
  forget(otherness: Otherness = 'possible'): void {
    this.#isKnown = false;
    this.#otherness = otherness;
    this.doubts.forget();
  }

  /** Keeps a message that came back and must be sent again. It is sorted in when all others have come back. */
  gaveBack(ticket: number): void {
    this.#returned.push(ticket);
  }

  /** Sorts the messages that came back into the queue. */
  takeBack(): void {
    if (this.inFlight > 0 || this.#returned.length === 0) return;
    this.waiting.insert(this.#returned);
    this.#returned = [];
  }

  /** Whether the message being reported was the only one. Then its set held no other message, and nothing waits behind it. */
  get isAlone(): boolean {
    return this.inFlight === 0 && this.#returned.length === 0 && this.waiting.length === 0;
  }

  /** Removes and returns every message that is not in flight. */
  drain(): number[] {
    const all = [...this.#returned, ...this.waiting.drain()];
    this.#returned = [];
    return all;
  }

  /** Notes that the broker has refused a message. */
  refused(now: number): void {
    const again = now >= this.#calmFrom;
    const soon = now - this.#calmFrom < SOON * this.#calmMs;
    if (again) this.#calmMs = soon ? Math.min(this.#calmMs * 2, MOST_CALM_MS) : FIRST_CALM_MS;
    this.#calmFrom = now + this.#calmMs;
  }

  /** Whether something was refused lately, so that each message must be a set of its own. */
  isSuspect(now: number): boolean {
    return now < this.#calmFrom;
  }
}
