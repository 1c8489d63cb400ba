/** Finds the partition of each message. A message without one waits for the brokers' answer about its topic. */

import { PermanentSendError } from '../../../shared/errors.ts';
import { PackedRecord } from '../batches/packed-record.ts';
import { type CodeText, sendError } from '../errors/errors.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { Sending } from './sending.ts';
import { batchOf, indexOf, ticketOf } from './tickets.ts';
import type { Topic } from './topic.ts';
import type { TopicNames } from './topic-names.ts';
import type { Topology } from './topology.ts';

export interface PlacementContext {
  readonly topology: Topology;
  readonly names: TopicNames;
  readonly now: () => number;
  /** librdkafka's text for a code. */
  text(code: number): CodeText;
  /** The error for a topic that is missing for too long. */
  missing(topic: string): Error;
  /** The error for a message that names a partition which does not exist. */
  noPartition(topic: string, partition: number, count: number): Error;
}

/** What `Placement` needs of the `Handover`. */
export interface Placed {
  sendingOf(id: number): Sending | undefined;
  /** Messages of this partition may be sent now. */
  ready(queue: PartitionQueue): void;
  /** Fails a message that was not passed to a client. */
  fail(ticket: number, error: Error): void;
}

export class Placement {
  readonly #context: PlacementContext;
  readonly #placed: Placed;
  readonly #record = new PackedRecord();
  /** Whether something waits for an answer that has not been asked for. */
  #wantsCheck = false;

  constructor(context: PlacementContext, placed: Placed) {
    this.#context = context;
    this.#placed = placed;
  }

  /** Finds the partition of one message of a batch. @throws OutspoolError for a corrupt record */
  place(sending: Sending, index: number): void {
    const { names, now } = this.#context;
    const { memory, batch } = sending;
    this.#record.read(memory, batch.offsets[index] as number);
    const topic = names.topicOf(memory, this.#record);
    const ticket = ticketOf(sending.id, index);
    sending.waiting++;
    const queue = topic?.isSettled ? topic.queueOf(this.#record, memory.bytes, now()) : undefined;
    if (topic === undefined) this.#placed.fail(ticket, noTopic());
    else if (queue === undefined) this.#wait(topic, ticket);
    else {
      queue.waiting.push(ticket);
      this.#placed.ready(queue);
    }
  }

  /** Queues a message whose partition is unknown. If the answer about its topic is recent, that answer decides at once. */
  #wait(topic: Topic, ticket: number): void {
    const queue = topic.isSettled ? topic.misplaced : topic.unplaced;
    queue.push(ticket);
    if (this.#context.topology.isFresh(topic) || topic.isGrowing) this.#settle(topic);
    this.#wantsCheck ||= topic.isWaiting;
  }

  /** Called when brokers have answered about these topics. */
  answered(topics: readonly Topic[]): void {
    this.#context.names.clear();
    for (const topic of topics) this.#settle(topic);
  }

  #settle(topic: Topic): void {
    if (topic.settle()) this.#placeAll(topic);
    else this.#refuseAll(topic);
  }

  #placeAll(topic: Topic): void {
    for (const ticket of [...topic.misplaced.drain(), ...topic.unplaced.drain()]) {
      const sending = this.#placed.sendingOf(batchOf(ticket));
      if (sending !== undefined) this.#placeAgain(topic, sending, ticket);
    }
  }

  #placeAgain(topic: Topic, { memory, batch }: Sending, ticket: number): void {
    const { now, noPartition } = this.#context;
    this.#record.read(memory, batch.offsets[indexOf(ticket)] as number);
    const queue = topic.queueOf(this.#record, memory.bytes, now());
    if (queue === undefined)
      this.#placed.fail(ticket, noPartition(topic.name, this.#record.partition, topic.queues.length));
    else {
      queue.gaveBack(ticket);
      this.#placed.ready(queue);
    }
  }

  #refuseAll(topic: Topic): void {
    const { topology, missing, text } = this.#context;
    const obstacle = topology.obstacle(topic);
    if (obstacle === 'unknown') return;
    const code = topic.answer?.code ?? 0;
    const error = () => (obstacle === 'missing' ? missing(topic.name) : sendError(text(code), 'message'));
    for (const ticket of topic.drain()) this.#placed.fail(ticket, error());
  }

  /** Sorts in what has come back. If the topic no longer exists, the messages wait until it does. */
  takeBack(queue: PartitionQueue): void {
    queue.takeBack();
    if (queue.inFlight > 0) return;
    const topic = this.#context.topology.topic(queue.topic);
    if (topic.isSettled) return;
    if (topic.isLost) topic.unplaced.insert(queue.drain());
    if (queue.isIdle && topic.answer !== undefined) this.#settle(topic);
    queue.takeBack(); // what was placed there just now
    this.#wantsCheck ||= topic.isWaiting;
  }

  /** Called when librdkafka has not found the topic or the partition. */
  lost(queue: PartitionQueue): void {
    const { topology } = this.#context;
    const topic = topology.topic(queue.topic);
    topology.lost(topic);
    if (topic.isLost) topic.unplaced.insert(queue.drain());
    this.#wantsCheck = true;
  }

  check(): void {
    if (this.#wantsCheck) this.#context.topology.check();
    this.#wantsCheck = false;
  }

  clear(): void {
    const { topology } = this.#context;
    for (const topic of topology.topics) topic.drain();
    topology.cleared();
  }
}

const noTopic = () => new PermanentSendError('no topic can have the name that this message names');
