/**
 * Batches on their way, message by message: each to its partition, and each partition in the order of acceptance, whatever
 * the others do.
 *
 * What a broker refuses as a set is sent again to the same partition with each message as a set of its own, before all that
 * came after it: the bad one is then refused alone. After a failure that is not the message's own, nothing more is sent
 * until all that is in flight has come back: the failed message is tried first.
 */

import { asError, PermanentSendError, TransientSendError } from '../../../shared/errors.ts';
import type { Batch, BrokerReport } from '../../../shared/transport.ts';
import { BatchMemory } from '../batches/packed-record.ts';
import { classify, isMissing, sendError } from '../errors/errors.ts';
import { plainly } from '../explain/diagnosis.ts';
import type { Channel, Report } from './channel.ts';
import type { Channels, Role } from './channels.ts';
import type { EndOffset, LedPartition } from './end-offsets.ts';
import { fateOf } from './fate.ts';
import type { Lane } from './lane.ts';
import { Placement, type PlacementContext } from './placement.ts';
import { Recreations } from './recreations.ts';
import { type Refusal, RUN_LENGTH, Run } from './run.ts';
import { Sending } from './sending.ts';
import { Silence } from './silence.ts';
import { batchOf, indexOf, ticketOf } from './tickets.ts';
import type { Topic } from './topic.ts';

export interface HandoverContext extends PlacementContext {
  readonly channels: Channels;
  /** Whether a refused set is searched here; in a transaction it is refused as a set. */
  readonly searches: boolean;
  /** Says something that an operator should know. */
  warn(text: string): void;
  /** Calls for a look at what can be handed over. */
  changed(): void;
  /** Where partitions end. Rejects where no broker answers. */
  endOffsets?(places: readonly LedPartition[]): Promise<readonly EndOffset[]>;
  /** Where another client cannot simply take the place of one that is of no use. */
  renew?(channel: Channel, why: string): void;
  /** The address of a batch's memory, where C reads it. */
  addressOf(memory: Uint8Array): number;
}

/** How handing over went: on with the next partition, no room, the client has given up, or nothing more for now. */
type Step = 'on' | 'full' | 'ended' | 'halted';

export class Handover {
  readonly #context: HandoverContext;
  readonly #placement: Placement;
  readonly #silence: Silence;
  readonly #recreations: Recreations;
  readonly #run = new Run<Sending>();
  /** By number: a report names its batch. Batches leave when they have ended. */
  readonly #sendings = new Map<number, Sending>();
  #arrived: Sending[] = [];
  /** Partitions whose messages may be sent to a client now. */
  readonly #ready = new Set<Lane>();
  /** Clients that could not be made in this turn. */
  readonly #unavailable = new Set<Role>();
  #last: Sending | undefined;
  #lastId = 0;
  #inFlight = 0;
  #isHalted = false;
  /** When it was last looked at the clock, once a turn. */
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
      ready: (lane) => this.#ready.add(lane),
      fail: (ticket, error) => this.#fail(ticket, error),
    });
  }

  /** Whether no batch is on its way. */
  get idle(): boolean {
    return this.#sendings.size === 0;
  }

  /** Whether something waits for room, for a client, or for what is in flight to come back. */
  get waiting(): boolean {
    return this.#ready.size > 0 || this.#arrived.length > 0 || this.#context.channels.isRetiring;
  }

  /** Takes a batch, which the next `pump` hands over. Resolves when nothing of it is in flight. */
  add(batch: Batch): Promise<void> {
    const memory = new BatchMemory(batch.memory, this.#context.addressOf(batch.memory));
    const sending = new Sending(++this.#lastId, batch, memory);
    this.#sendings.set(sending.id, sending);
    this.#arrived.push(sending);
    return sending.ended;
  }

  /** Hands over what it can. Not to be called from within `report`: what is being reported on still takes up room. */
  pump(): void {
    this.#now = this.#context.now();
    this.#context.channels.tidy();
    this.#silence.look(() => this.#context.topology.topics, this.#now);
    this.#recreations.look(() => this.#context.topology.topics);
    if (!this.#isHalted || this.#inFlight === 0) this.#takeTurn();
    // Behind the handing over: where no report and no other message comes, there is no other turn.
    this.#recreations.watch(this.#inFlight > 0);
  }

  #takeTurn(): void {
    this.#isHalted = false;
    this.#unavailable.clear();
    this.#review();
    for (const sending of this.#arrived.splice(0)) if (this.#sendings.has(sending.id)) this.#sort(sending);
    this.#handOver();
    this.#placement.look();
  }

  /** A client that has given up takes nothing more. */
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

  /** The delivery loop makes the next client; the first message that waits fails, which tells it to. */
  #givenUp(channel: Channel): void {
    const [first] = this.#sendings.values();
    if (first === undefined) return;
    const index = Array.from({ length: first.batch.size }, (_, at) => at).find((at) => !first.batch.skip(at));
    const error = new TransientSendError(`the client has given up: ${plainly(channel.reason)}`);
    if (index !== undefined) first.batch.failed(index, Object.assign(error, { needsReset: true }));
    this.halt();
  }

  /** Finds each message's partition. */
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

  /** Brokers have said something of these topics. */
  answered(topics: readonly Topic[]): void {
    this.#placement.answered(topics);
  }

  #handOver(): void {
    for (const lane of this.#ready) {
      const step = this.#handOverTo(lane);
      if (step === 'on') this.#ready.delete(lane);
      else if (step === 'halted') this.halt(); // which leaves none
    }
  }

  /** As much as has room. What is left waits for reports, which make the partition ready again. */
  #handOverTo(lane: Lane): Step {
    this.#placement.takeBack(lane);
    if (lane.waiting.length === 0) return 'on';
    const channel = this.#channelFor(lane);
    if (channel === undefined || !channel.ready) return 'full';
    if (!lane.attach(channel)) return 'on';
    let step: Step = 'on';
    while (step === 'on' && lane.room > 0 && this.#fill(lane)) step = this.#produce(lane, channel);
    return step === 'ended' ? this.#handOverTo(lane) : step;
  }

  /** Undefined where none can be had for the moment. */
  #channelFor(lane: Lane): Channel | undefined {
    const role = this.#context.searches && lane.isSuspect(this.#now) ? 'single' : 'sets';
    if (this.#unavailable.has(role)) return undefined;
    try {
      return this.#context.channels.for(role);
    } catch {
      this.#unavailable.add(role); // too many open files, an earlier client that has not ended: tried again soon
      return undefined;
    }
  }

  /** Collects a run. Messages of batches that were given up in the meantime fall out. */
  #fill(lane: Lane): boolean {
    const run = this.#run;
    run.begin(lane.topic, lane.partition);
    const most = Math.min(lane.room, RUN_LENGTH);
    while (run.count < most && lane.waiting.first !== undefined) {
      const ticket = lane.waiting.first;
      lane.waiting.shift();
      const sending = this.#sendingOf(batchOf(ticket));
      if (sending === undefined) continue;
      if (sending.batch.signal.aborted || sending.batch.skip(indexOf(ticket))) this.#drop(sending);
      else run.add(sending, indexOf(ticket));
    }
    return run.count > 0;
  }

  #produce(lane: Lane, channel: Channel): Step {
    const run = this.#run;
    channel.produce(run);
    let step: Step = run.fullFrom < run.count ? 'full' : 'on';
    const noRoom: number[] = [];
    for (let entry = 0; entry < run.count; entry++) {
      const refusal = run.refusals.size > 0 ? run.refusals.get(entry) : undefined;
      if (entry >= run.fullFrom) noRoom.push(ticketOf(run.sending(entry).id, run.index(entry)));
      else if (refusal === undefined) this.#taken(lane, channel, entry);
      else step = worse(step, this.#refused(lane, entry, refusal));
    }
    lane.waiting.insert(noRoom);
    if (step === 'ended') this.#review();
    if (this.#isHalted) return 'halted';
    return step === 'ended' && this.#context.channels.active.includes(channel) ? 'full' : step;
  }

  #taken(lane: Lane, channel: Channel, entry: number): void {
    const sending = this.#run.sending(entry);
    sending.lanes[this.#run.index(entry)] = lane;
    if (lane.inFlight === 0) lane.moved(this.#now);
    sending.waiting--;
    sending.inFlight++;
    lane.inFlight++;
    channel.inFlight++;
    this.#inFlight++;
  }

  /** What is wrong with the message itself lets the next one pass; anything else would lose the order. */
  #refused(lane: Lane, entry: number, refusal: Refusal): Step {
    const ticket = ticketOf(this.#run.sending(entry).id, this.#run.index(entry));
    if (refusal instanceof Error) return this.#fail(ticket, refusal);
    const isGone = isMissing(refusal.code);
    if (!isGone && classify(refusal.code) !== 'fatal') return this.#fail(ticket, sendError(refusal, 'message'));
    lane.gaveBack(ticket);
    if (!isGone) return 'ended';
    this.#placement.lost(lane);
    return 'on';
  }

  /** Takes one delivery report. */
  report(channel: Channel, report: Report): void {
    const sending = this.#sendingOf(report.batchId);
    // Of a batch that was given up: only the count of what is in flight changes.
    if (sending === undefined) channel.inFlight = Math.max(channel.inFlight - 1, 0);
    const lane = sending?.lanes[report.index];
    if (sending === undefined || lane === undefined) return;
    sending.lanes[report.index] = undefined;
    sending.inFlight--;
    lane.inFlight--;
    channel.inFlight--;
    this.#inFlight--;
    this.#ready.add(lane);
    lane.moved(this.#now);
    if (report.code === 0) this.#delivered(channel, { sending, lane }, report);
    else this.#cameBack(channel, { sending, lane }, report);
    if (lane.inFlight === 0) lane.doubts.decide();
    if (sending.idle) this.#end(sending);
  }

  #delivered(channel: Channel, place: Place, report: Report): void {
    const { sending, lane } = place;
    const { index, offset } = report;
    const forCaller = brokerReport(sending, channel, report);
    lane.delivered();
    if (lane.doubts.isDoubtful(offset)) this.#doubt(place, index, forCaller);
    else {
      lane.doubts.decide(offset);
      sending.batch.delivered(index, forCaller);
    }
  }

  /** Whether it is stored shows with the next report of its partition. */
  #doubt(place: Place, index: number, report: BrokerReport | undefined): void {
    const { sending, lane } = place;
    sending.waiting++;
    const decided = (then: () => void) => () => {
      sending.waiting--;
      then();
      if (sending.idle) this.#end(sending);
    };
    lane.doubts.hold({
      confirm: decided(() => sending.batch.delivered(index, report)),
      again: decided(() => {
        this.#recreations.resent(lane.topic);
        this.#again(place, index);
      }),
    });
  }

  #cameBack(channel: Channel, place: Place, report: Report): void {
    const { batch } = place.sending;
    const { searches } = this.#context;
    const fate = fateOf(report.code, channel, { searches, isAlone: place.lane.isAlone });
    if (fate === 'suspect' || fate === 'refused') place.lane.refused(this.#now);
    if (fate === 'refused') batch.failed(report.index, sendError(channel.failure(report), 'message'));
    else if (fate === 'failed') this.#failed(channel, batch, report);
    else this.#again(place, report.index);
    if (fate === 'gone') this.#placement.lost(place.lane);
  }

  #failed(channel: Channel, batch: Batch, report: Report): void {
    const error = sendError(channel.failure(report), 'set');
    batch.failed(report.index, report.isNamed ? Object.assign(error, { isNamed: true }) : error);
    this.halt();
  }

  /** It is to be sent, unless its batch was given up. A transaction from which one came back is given up. */
  #again({ sending, lane }: Place, index: number): void {
    if (!this.#context.searches) this.halt();
    if (this.#isHalted || sending.batch.signal.aborted) return;
    sending.waiting++;
    lane.gaveBack(ticketOf(sending.id, index));
  }

  /** A message that has not been sent to a client has an outcome. */
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

  /** Hands over nothing more of what is here now; what is not in flight ends without an outcome. */
  halt(): void {
    this.#isHalted = true;
    this.#arrived = [];
    this.#ready.clear();
    this.#placement.clear();
    for (const { lanes } of this.#context.topology.topics) for (const lane of lanes) lane.doubts.clear();
    for (const sending of this.#sendings.values()) {
      sending.waiting = 0;
      if (sending.idle) this.#end(sending);
    }
  }

  /** Ends everything whatever is in flight: for clients that are thrown away. */
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
  readonly lane: Lane;
}

const GRAVITY: Readonly<Record<Step, number>> = { on: 0, full: 1, ended: 2, halted: 3 };
const worse = (a: Step, b: Step): Step => (GRAVITY[a] < GRAVITY[b] ? b : a);

/** What only a waiting caller or a listener reads is not asked for without one: it costs a call a message. */
function brokerReport(sending: Sending, channel: Channel, report: Report): BrokerReport | undefined {
  const { index, partition, offset } = report;
  return sending.wantsReport(index) ? { partition, offset, timestamp: channel.timestamp(report) } : undefined;
}
