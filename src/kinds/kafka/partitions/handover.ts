/**
 * Sends batches message by message. Each message goes to its partition, and each partition keeps the order of acceptance,
 * independently of the others.
 *
 *   add(batch) ─► Placement ─► PartitionQueue.waiting ─► pump: Run ─► Channel.produce ─► report ─► batch.delivered / failed
 *                                   ▲                                            │
 *                                   └──────── came back: is sent again ──────────┘
 *
 * When a broker refuses a set, its messages are sent again to the same partition, each as a set of its own. They go before all
 * that came after them. The broker then refuses the bad message alone. After a failure that is not the message's own, nothing
 * more is sent until all messages in flight have come back. The failed message is then tried first.
 */

import { asError, PermanentSendError, TransientSendError } from '../../../shared/errors.ts';
import type { Batch, BrokerReport } from '../../../shared/transport.ts';
import { BatchMemory } from '../batches/packed-record.ts';
import { classify, isMissing, sendError } from '../errors/errors.ts';
import { plainly } from '../explain/diagnosis.ts';
import type { Channel, Report } from './channel.ts';
import type { Channels, Role } from './channels.ts';
import { fateOf } from './fate.ts';
import type { PartitionQueue } from './partition-queue.ts';
import { Placement, type PlacementContext } from './placement.ts';
import { Recreations, type RecreationsContext } from './recreations.ts';
import { type Refusal, RUN_LENGTH, Run } from './run.ts';
import { Sending } from './sending.ts';
import { Silence } from './silence.ts';
import { batchOf, indexOf, ticketOf } from './tickets.ts';
import type { Topic } from './topic.ts';

export interface HandoverContext extends PlacementContext, Pick<RecreationsContext, 'endOffsets' | 'warn'> {
  readonly channels: Channels;
  /** Whether a refused set is searched here. In a transaction it is refused as a set. */
  readonly searches: boolean;
  /** Asks for a call of `pump` soon. */
  changed(): void;
  /** Replaces an unusable client where another one cannot simply take its place. */
  renew?(channel: Channel, why: string): void;
  /** Returns the address of a batch's memory, from which C reads. */
  addressOf(memory: Uint8Array): number;
}

/**
 * Result of passing messages of one partition to its client. on: go on with the next partition · full: no capacity · ended: the
 * client has failed · halted: nothing more for now
 */
type Step = 'on' | 'full' | 'ended' | 'halted';

export class Handover {
  readonly #context: HandoverContext;
  readonly #placement: Placement;
  readonly #silence: Silence;
  readonly #recreations: Recreations;
  readonly #run = new Run<Sending>();
  /** By id, as a report carries the id of its batch. A batch is removed when it has ended. */
  readonly #sendings = new Map<number, Sending>();
  #arrived: Sending[] = [];
  /** Partitions whose messages may be passed to a client now. */
  readonly #ready = new Set<PartitionQueue>();
  /** Clients that could not be made in this turn. */
  readonly #unavailable = new Set<Role>();
  #last: Sending | undefined;
  #lastId = 0;
  #inFlight = 0;
  #isHalted = false;
  /** The time of the last clock reading, which happens once a turn. */
  #now = 0;

  constructor(context: HandoverContext) {
    this.#context = context;
    this.#silence = new Silence(
      (text) => context.warn(text),
      (topic) => context.topology.doubt(topic),
      context.now,
    );
    this.#recreations = new Recreations({
      ...context,
      renew: (channel, why) => this.#renew(channel, why),
      wake: () => context.changed(),
    });
    this.#placement = new Placement(context, {
      sendingOf: (id) => this.#sendingOf(id),
      ready: (queue) => this.#ready.add(queue),
      fail: (ticket, error) => this.#fail(ticket, error),
    });
  }

  get idle(): boolean {
    return this.#sendings.size === 0;
  }

  /** Whether something waits for capacity, for a client, or for messages in flight to come back. */
  get waiting(): boolean {
    return this.#ready.size > 0 || this.#arrived.length > 0 || this.#context.channels.isRetiring;
  }

  /** Accepts a batch, which the next `pump` sends. Resolves when nothing of the batch is in flight. */
  add(batch: Batch): Promise<void> {
    const memory = new BatchMemory(batch.memory, this.#context.addressOf(batch.memory));
    const sending = new Sending(++this.#lastId, batch, memory);
    this.#sendings.set(sending.id, sending);
    this.#arrived.push(sending);
    return sending.ended;
  }

  /** Sends what it can. Do not call it from within `report`, as the message being reported still takes up capacity. */
  pump(): void {
    this.#now = this.#context.now();
    this.#context.channels.tidy();
    this.#silence.check(() => this.#context.topology.topics, this.#now);
    this.#recreations.check(() => this.#context.topology.topics);
    if (!this.#isHalted || this.#inFlight === 0) this.#takeTurn();
    // After sending: where no report and no other message comes, there is no other turn.
    this.#recreations.watch(this.#inFlight > 0);
  }

  #takeTurn(): void {
    this.#isHalted = false;
    this.#unavailable.clear();
    this.#review();
    for (const sending of this.#arrived.splice(0)) if (this.#sendings.has(sending.id)) this.#sort(sending);
    this.#handOver();
    this.#placement.check();
  }

  /** Replaces clients that have failed, as they take nothing more. */
  #review(): void {
    const { channels } = this.#context;
    for (const channel of channels.active) {
      if (channel.end === 'refusal') channels.retire(channel);
      else if (channel.end === 'failure') this.#givenUp(channel);
    }
  }

  #renew(channel: Channel, why: string): void {
    const { channels, renew, warn } = this.#context;
    if (!channels.active.includes(channel) || channel.end !== undefined) return;
    warn(why);
    if (renew === undefined) channels.retire(channel);
    else renew(channel, why);
  }

  /** Fails the first message that waits, which tells the delivery loop to make the next client. */
  #givenUp(channel: Channel): void {
    const [first] = this.#sendings.values();
    if (first === undefined) return;
    const index = Array.from({ length: first.batch.size }, (_, at) => at).find((at) => !first.batch.skip(at));
    const error = new TransientSendError(`the client has failed: ${plainly(channel.reason)}`);
    if (index !== undefined) first.batch.failed(index, Object.assign(error, { needsReset: true }));
    this.halt();
  }

  /** Finds the partition of each message. */
  #sort(sending: Sending): void {
    const { batch } = sending;
    try {
      for (let index = 0; index < batch.size && !batch.signal.aborted; index++)
        if (!batch.skip(index)) this.#placement.place(sending, index);
      this.#drop(sending);
    } catch (corrupt) {
      sending.error = asError(corrupt);
      this.halt();
    }
  }

  /** Called when brokers have answered about these topics. */
  answered(topics: readonly Topic[]): void {
    this.#placement.answered(topics);
  }

  #handOver(): void {
    for (const queue of this.#ready) {
      const step = this.#handOverTo(queue);
      if (step === 'on') this.#ready.delete(queue);
      else if (step === 'halted') this.halt(); // halt() empties the set
    }
  }

  /** Sends as much as the client takes. The rest waits for reports, which make the partition ready again. */
  #handOverTo(queue: PartitionQueue): Step {
    this.#placement.takeBack(queue);
    if (queue.waiting.length === 0) return 'on';
    const channel = this.#channelFor(queue);
    if (channel === undefined || !channel.ready) return 'full';
    if (!queue.attach(channel)) return 'on';
    let step: Step = 'on';
    while (step === 'on' && queue.room > 0 && this.#fill(queue)) step = this.#produce(queue, channel);
    return step === 'ended' ? this.#handOverTo(queue) : step;
  }

  /** Undefined where no client can be had for the moment. */
  #channelFor(queue: PartitionQueue): Channel | undefined {
    const role = this.#context.searches && queue.isSuspect(this.#now) ? 'single' : 'sets';
    if (this.#unavailable.has(role)) return undefined;
    try {
      return this.#context.channels.for(role);
    } catch {
      this.#unavailable.add(role); // too many open files, or an earlier client has not ended: is retried soon
      return undefined;
    }
  }

  /** Collects a run. Messages of batches that were abandoned in the meantime are left out. */
  #fill(queue: PartitionQueue): boolean {
    const run = this.#run;
    run.begin(queue.topic, queue.partition);
    const most = Math.min(queue.room, RUN_LENGTH);
    while (run.count < most && queue.waiting.first !== undefined) {
      const ticket = queue.waiting.first;
      queue.waiting.shift();
      const sending = this.#sendingOf(batchOf(ticket));
      if (sending === undefined) continue;
      if (sending.batch.signal.aborted || sending.batch.skip(indexOf(ticket))) this.#drop(sending);
      else run.add(sending, indexOf(ticket));
    }
    return run.count > 0;
  }

  #produce(queue: PartitionQueue, channel: Channel): Step {
    const run = this.#run;
    channel.produce(run);
    let step: Step = run.fullFrom < run.count ? 'full' : 'on';
    const noRoom: number[] = [];
    for (let entry = 0; entry < run.count; entry++) {
      const refusal = run.refusals.size > 0 ? run.refusals.get(entry) : undefined;
      if (entry >= run.fullFrom) noRoom.push(ticketOf(run.sending(entry).id, run.index(entry)));
      else if (refusal === undefined) this.#taken(queue, channel, entry);
      else step = worse(step, this.#refused(queue, entry, refusal));
    }
    queue.waiting.insert(noRoom);
    if (step === 'ended') this.#review();
    if (this.#isHalted) return 'halted';
    return step === 'ended' && this.#context.channels.active.includes(channel) ? 'full' : step;
  }

  #taken(queue: PartitionQueue, channel: Channel, entry: number): void {
    const sending = this.#run.sending(entry);
    sending.queues[this.#run.index(entry)] = queue;
    if (queue.inFlight === 0) queue.moved(this.#now);
    sending.waiting--;
    sending.inFlight++;
    queue.inFlight++;
    channel.inFlight++;
    this.#inFlight++;
  }

  /** Handles a message that the client did not take. Only after an error of the message itself the next one may pass. */
  #refused(queue: PartitionQueue, entry: number, refusal: Refusal): Step {
    const ticket = ticketOf(this.#run.sending(entry).id, this.#run.index(entry));
    if (refusal instanceof Error) return this.#fail(ticket, refusal);
    const isGone = isMissing(refusal.code);
    if (!isGone && classify(refusal.code) !== 'fatal') return this.#fail(ticket, sendError(refusal, 'message'));
    queue.gaveBack(ticket);
    if (!isGone) return 'ended';
    this.#placement.lost(queue);
    return 'on';
  }

  report(channel: Channel, report: Report): void {
    const sending = this.#sendingOf(report.batchId);
    // The batch was abandoned, so only the count of messages in flight changes.
    if (sending === undefined) channel.inFlight = Math.max(channel.inFlight - 1, 0);
    const queue = sending?.queues[report.index];
    if (sending === undefined || queue === undefined) return;
    sending.queues[report.index] = undefined;
    sending.inFlight--;
    queue.inFlight--;
    channel.inFlight--;
    this.#inFlight--;
    this.#ready.add(queue);
    queue.moved(this.#now);
    if (report.code === 0) this.#delivered(channel, { sending, queue }, report);
    else this.#cameBack(channel, { sending, queue }, report);
    if (queue.inFlight === 0) queue.doubts.decide();
    if (sending.idle) this.#end(sending);
  }

  #delivered(channel: Channel, place: Place, report: Report): void {
    const { sending, queue } = place;
    const { index, offset } = report;
    const forCaller = brokerReport(sending, channel, report);
    queue.delivered();
    if (queue.doubts.isDoubtful(offset)) this.#doubt(place, index, forCaller);
    else {
      queue.doubts.decide(offset);
      sending.batch.delivered(index, forCaller);
    }
  }

  /** Holds a delivery until the next report of its partition shows whether the message is stored. */
  #doubt(place: Place, index: number, report: BrokerReport | undefined): void {
    const { sending, queue } = place;
    sending.waiting++;
    const decided = (then: () => void) => () => {
      sending.waiting--;
      then();
      if (sending.idle) this.#end(sending);
    };
    queue.doubts.hold({
      confirm: decided(() => sending.batch.delivered(index, report)),
      again: decided(() => {
        this.#recreations.resent(queue.topic);
        this.#again(place, index);
      }),
    });
  }

  #cameBack(channel: Channel, place: Place, report: Report): void {
    const { batch } = place.sending;
    const { searches } = this.#context;
    const fate = fateOf(report.code, channel, { searches, isAlone: place.queue.isAlone });
    if (fate === 'suspect' || fate === 'refused') place.queue.refused(this.#now);
    if (fate === 'refused') batch.failed(report.index, sendError(channel.failure(report), 'message'));
    else if (fate === 'failed') this.#failed(channel, batch, report);
    else this.#again(place, report.index);
    if (fate === 'gone') this.#placement.lost(place.queue);
  }

  #failed(channel: Channel, batch: Batch, report: Report): void {
    const error = sendError(channel.failure(report), 'set');
    batch.failed(report.index, report.isNamed ? Object.assign(error, { isNamed: true }) : error);
    this.halt();
  }

  /** Queues the message again, unless its batch was abandoned. In a transaction the whole attempt ends. */
  #again({ sending, queue }: Place, index: number): void {
    if (!this.#context.searches) this.halt();
    if (this.#isHalted || sending.batch.signal.aborted) return;
    sending.waiting++;
    queue.gaveBack(ticketOf(sending.id, index));
  }

  #fail(ticket: number, error: Error): Step {
    const sending = this.#sendingOf(batchOf(ticket));
    if (sending === undefined) return 'on';
    sending.batch.failed(indexOf(ticket), error);
    this.#drop(sending);
    return error instanceof PermanentSendError ? 'on' : 'halted';
  }

  #drop(sending: Sending): void {
    sending.waiting--;
    if (sending.idle) this.#end(sending);
  }

  /** Sends no more of the current batches. Messages that are not in flight end without an outcome. */
  halt(): void {
    this.#isHalted = true;
    this.#arrived = [];
    this.#ready.clear();
    this.#placement.clear();
    for (const { queues } of this.#context.topology.topics) for (const queue of queues) queue.doubts.clear();
    for (const sending of this.#sendings.values()) {
      sending.waiting = 0;
      if (sending.idle) this.#end(sending);
    }
  }

  /** Ends all batches, even with messages in flight. For clients that are thrown away. */
  abandon(): void {
    this.halt();
    this.#recreations.close();
    for (const sending of this.#sendings.values()) this.#end(sending);
  }

  #sendingOf(id: number): Sending | undefined {
    if (this.#last?.id !== id) this.#last = this.#sendings.get(id);
    return this.#last;
  }

  #end(sending: Sending): void {
    this.#sendings.delete(sending.id);
    if (this.#last === sending) this.#last = undefined;
    sending.settle();
  }
}

interface Place {
  readonly sending: Sending;
  readonly queue: PartitionQueue;
}

const GRAVITY: Readonly<Record<Step, number>> = { on: 0, full: 1, ended: 2, halted: 3 };
const worse = (a: Step, b: Step): Step => (GRAVITY[a] < GRAVITY[b] ? b : a);

/** Reads the details that only a waiting caller or a listener uses, at the cost of one native call each. */
function brokerReport(sending: Sending, channel: Channel, report: Report): BrokerReport | undefined {
  const { index, partition, offset } = report;
  return sending.wantsReport(index) ? { partition, offset, timestamp: channel.timestamp(report) } : undefined;
}
