/** One partition: what waits for it, what is in flight to it, and by which client. */

import type { Channel } from './channel.ts';
import { Doubts } from './doubts.ts';
import { TicketQueue } from './tickets.ts';

/** More than a client needs for its pipes to be full; less than would fill it on behalf of one partition. */
const WINDOW = 16_384;
/** Where each message is a set of its own: enough for five requests at once, and little to wait for. */
const SINGLE_WINDOW = 64;
/** A partition from which nothing was heard for so long gets no messages that may go anywhere. */
const STALLED_MS = 1000;
/** So long nothing may be refused before sets are sent again; longer, up to the most, where that was too short. */
const FIRST_CALM_MS = 2000;
const MOST_CALM_MS = 30_000;
/** A refusal so soon after the calm, in calms, was still of the same trouble. */
const SOON = 5;

export type Otherness = 'none' | 'possible' | 'certain';

export class Lane {
  readonly topic: string;
  readonly partition: number;
  readonly waiting = new TicketQueue();
  readonly doubts = new Doubts();
  inFlight = 0;
  /** When its end was last asked for. */
  comparedAt = Number.NEGATIVE_INFINITY;
  #channel: Channel | undefined;
  /**
   * Whether the broker has taken something of this client for this partition. Of a client that it does not know it takes
   * any sequence number: what is in flight behind a set that it refuses would arrive before what is good in that set.
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

  /** The client changes only while nothing is in flight: two of them must not send to one partition at once. */
  attach(channel: Channel): boolean {
    if (this.#channel === channel) return true;
    if (this.inFlight > 0) return false;
    this.#channel = channel;
    this.#isKnown = channel.isTrial === true;
    this.#otherness = 'none';
    return true;
  }

  /** How many messages may be sent to the client now. */
  get room(): number {
    if (this.#returned.length > 0) return 0;
    if (!this.#isKnown) return this.inFlight === 0 ? 1 : 0;
    return (this.#channel?.single ? SINGLE_WINDOW : WINDOW) - this.inFlight;
  }

  /** Whether the topic has become another one since this client has last got something there. */
  get otherness(): Otherness {
    return this.#otherness;
  }

  /** Whether this client has got something there. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  delivered(): void {
    this.#isKnown = true;
    this.#otherness = 'none';
  }

  /** Something went there, or came back. */
  moved(now: number): void {
    this.#movedAt = now;
  }

  /** Whether what is in flight gets no answer. */
  isStalled(now: number, forMs = STALLED_MS): boolean {
    return this.inFlight > 0 && now - this.#movedAt > forMs;
  }

  /** The broker no longer knows this client here: the topic may be another one of the same name, or is it for certain. */
  forget(otherness: Otherness = 'possible'): void {
    this.#isKnown = false;
    this.#otherness = otherness;
    this.doubts.forget();
  }

  /** A message came back that is to be sent: its place is found when all others have come back. */
  gaveBack(ticket: number): void {
    this.#returned.push(ticket);
  }

  /** Puts what came back into its place. */
  takeBack(): void {
    if (this.inFlight > 0 || this.#returned.length === 0) return;
    this.waiting.insert(this.#returned);
    this.#returned = [];
  }

  /** Whether what is reported on now is all that there was: its set held no other message, and nothing waits behind it. */
  get isAlone(): boolean {
    return this.inFlight === 0 && this.#returned.length === 0 && this.waiting.length === 0;
  }

  /** Takes out everything that is not in flight. */
  drain(): number[] {
    const all = [...this.#returned, ...this.waiting.drain()];
    this.#returned = [];
    return all;
  }

  /** The broker has refused something. */
  refused(now: number): void {
    const again = now >= this.#calmFrom;
    const soon = now - this.#calmFrom < SOON * this.#calmMs;
    if (again) this.#calmMs = soon ? Math.min(this.#calmMs * 2, MOST_CALM_MS) : FIRST_CALM_MS;
    this.#calmFrom = now + this.#calmMs;
  }

  /** Whether something was refused lately, so that each message is to be a set of its own. */
  isSuspect(now: number): boolean {
    return now < this.#calmFrom;
  }
}
