/** Hands over one batch, run by run: consecutive messages of one topic that one native call can take. */

import { PermanentSendError } from '../../../errors.ts';
import { classify, QUEUE_FULL, sendError } from '../errors.ts';
import type { Client } from './client.ts';
import { codeText } from './code-text.ts';
import type { Pointer } from './functions.ts';
import { MessageArray } from './message-array.ts';
import { PackedRecord } from './packed-record.ts';
import type { Sending } from './sending.ts';
import { SingleProducer } from './single-message.ts';
import type { TopicResolver } from './topic-resolver.ts';

/** How handing over went: all of it, up to where the queue was full, or up to a failure that stops everything. */
export type Progress = 'all' | 'full' | 'halted';
type Step = 'on' | Exclude<Progress, 'all'>;

export class Runs {
  readonly #client: Client;
  readonly #topics: TopicResolver;
  readonly #messages: MessageArray;
  readonly #single: SingleProducer;
  readonly #record = new PackedRecord();

  constructor(client: Client, topics: TopicResolver) {
    this.#client = client;
    this.#topics = topics;
    this.#messages = new MessageArray(client.native);
    this.#single = new SingleProducer(client.native, client.handle);
  }

  /** Goes on from `sending.next`. @throws OutspoolError for a corrupt record, which has not been handed over */
  handOver(sending: Sending): Progress {
    while (sending.next < sending.batch.size && !sending.batch.signal.aborted) {
      const step = this.#step(sending);
      if (step !== 'on') return step;
    }
    return 'all';
  }

  #step(sending: Sending): Step {
    const { batch, memory } = sending;
    this.#messages.clear();
    let topic: Pointer = 0;
    let index = sending.next;
    for (; index < batch.size && !this.#messages.full; index++) {
      if (batch.skip(index)) continue;
      this.#record.read(memory, batch.offsets[index] as number);
      const handle = this.#topics.resolve(memory, this.#record);
      const alone = handle === 0 || this.#record.single;
      if (this.#messages.count > 0 && (alone || handle !== topic)) break;
      if (alone) return this.#one(sending, index, handle);
      topic = handle;
      this.#messages.add(memory, this.#record, sending.id, index);
    }
    return this.#run(sending, topic, index);
  }

  /** Hands the collected run over; `until` is the message after it. */
  #run(sending: Sending, topic: Pointer, until: number): Step {
    const { count } = this.#messages;
    if (count > 0) {
      const taken = this.#messages.produce(topic);
      sending.take(taken);
      if (taken < count) return this.#partial(sending, until);
    }
    sending.next = until;
    return 'on';
  }

  /** Librdkafka goes on after a message that it refuses, and refuses all that follow one for which there is no room. */
  #partial(sending: Sending, until: number): Step {
    let step: Step = 'on';
    for (let entry = 0; entry < this.#messages.count; entry++) {
      const code = this.#messages.errorOf(entry);
      if (code === QUEUE_FULL) return step === 'halted' ? step : this.#full(sending, this.#messages.indexOf(entry));
      if (code !== 0 && this.#refused(sending, this.#messages.indexOf(entry), code) === 'halted') step = 'halted';
    }
    sending.next = until;
    return step;
  }

  #one(sending: Sending, index: number, topic: Pointer): Step {
    const { memory } = sending;
    sending.next = index + 1;
    if (topic === 0) return this.#noTopic(sending, index);
    const message = { memory, record: this.#record, topic, batchId: sending.id, index };
    const code = this.#single.produce(message);
    if (code === QUEUE_FULL) return this.#full(sending, index);
    if (code !== 0) return this.#refused(sending, index, code);
    sending.take(1);
    return 'on';
  }

  /** With nothing in librdkafka's queue there is no room to wait for: the message alone is larger than the queue. */
  #full(sending: Sending, index: number): Step {
    sending.next = index;
    if (this.#client.native.rdkafka.outqLength(this.#client.handle) > 0) return 'full';
    sending.next = index + 1;
    sending.batch.failed(index, new PermanentSendError('the message is larger than queue.buffering.max.kbytes'));
    return 'on';
  }

  /** What is wrong with the message itself lets the next one pass; anything else would lose the order. */
  #refused({ batch }: Sending, index: number, code: number): Step {
    batch.failed(index, sendError(codeText(this.#client, code), 'message'));
    return classify(code) === 'permanent' ? 'on' : 'halted';
  }

  #noTopic({ batch }: Sending, index: number): Step {
    batch.failed(index, new PermanentSendError('no topic can have the name that this message names'));
    return 'on';
  }
}
