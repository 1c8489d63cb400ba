/**
 * Batches on their way, in the order in which they came.
 *
 * A full queue stops a batch where it is, and the batches behind it wait. After a failure that is not the message's
 * own, nothing more is handed over until all that is in flight has come back: the failed message goes again first.
 */

import { asError } from '../../../errors.ts';
import type { DefaultTopics } from '../../../queue/record.ts';
import type { Batch, BrokerReport } from '../../../transport.ts';
import { isPurged, sendError } from '../errors.ts';
import type { Client } from './client.ts';
import { codeText } from './code-text.ts';
import { addressOf } from './memory.ts';
import { BatchMemory } from './packed-record.ts';
import type { Report } from './report-reader.ts';
import { type Progress, Runs } from './runs.ts';
import { Sending } from './sending.ts';
import { TopicResolver } from './topic-resolver.ts';

export class Handover {
  readonly #client: Client;
  readonly #runs: Runs;
  /** By id: a delivery report names its batch. Batches leave when they have ended. */
  readonly #sendings = new Map<number, Sending>();
  #waiting: Sending[] = [];
  #last: Sending | undefined;
  #lastId = 0;
  #halted = false;

  constructor(client: Client, defaults: DefaultTopics) {
    this.#client = client;
    this.#runs = new Runs(client, new TopicResolver(client.topics, defaults));
  }

  /** Whether no batch is on its way. */
  get idle(): boolean {
    return this.#sendings.size === 0;
  }

  /** Whether a batch waits for room, or for what is in flight to come back. */
  get waiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Takes a batch, which the next `pump` hands over. Resolves when nothing of it is in flight. */
  add(batch: Batch): Promise<void> {
    const memory = new BatchMemory(batch.memory, addressOf(this.#client.native.koffi, batch.memory));
    this.#lastId = (this.#lastId + 1) >>> 0;
    const sending = new Sending(this.#lastId, batch, memory);
    this.#sendings.set(sending.id, sending);
    this.#waiting.push(sending);
    return sending.ended;
  }

  /** Hands over what it can. Not to be called from within `report`: what is being reported on still takes up room. */
  pump(): void {
    if (this.#halted && this.#sendings.size > this.#waiting.length) return;
    this.#halted = false;
    while (this.#waiting.length > 0) {
      const head = this.#waiting[0] as Sending;
      const progress = this.#handOver(head);
      if (progress === 'halted') this.halt();
      if (progress !== 'all') return;
      this.#waiting.shift();
      this.#stop(head);
    }
  }

  /** Hands over nothing more of what is here now; what is not in flight ends without an outcome. */
  halt(): void {
    const stopped = this.#waiting;
    this.#waiting = [];
    this.#halted = true;
    for (const sending of stopped) this.#stop(sending);
  }

  /** Ends everything whatever is in flight: for a client that is thrown away. */
  abandon(): void {
    this.halt();
    for (const sending of this.#sendings.values()) this.#end(sending);
  }

  /** Takes one delivery report. */
  report(report: Report): void {
    const sending = this.#last?.id === report.batchId ? this.#last : this.#sendings.get(report.batchId);
    if (sending === undefined) return;
    this.#last = sending;
    sending.inFlight--;
    if (report.code === 0) sending.batch.delivered(report.index, this.#brokerReport(sending, report));
    else if (!isPurged(report.code)) this.#failed(sending, report);
    if (sending.idle) this.#end(sending);
  }

  /** What only a waiting caller or a listener reads is not asked for without one: it costs a call a message. */
  #brokerReport(sending: Sending, { index, partition, offset, address }: Report): BrokerReport | undefined {
    if (!sending.wantsReport(index)) return undefined;
    return { partition, offset, timestamp: this.#client.native.rdkafka.messageTimestamp(address, 0) };
  }

  /** A batch that began before the halt was over may be partly in flight: only those not handed over wait. */
  #failed({ batch }: Sending, { index, code }: Report): void {
    batch.failed(index, sendError(codeText(this.#client, code), 'set'));
    this.halt();
  }

  #handOver(sending: Sending): Progress {
    try {
      return this.#runs.handOver(sending);
    } catch (corrupt) {
      sending.error = asError(corrupt);
      return 'halted';
    }
  }

  #stop(sending: Sending): void {
    sending.handedOver = true;
    if (sending.idle) this.#end(sending);
  }

  #end(sending: Sending): void {
    this.#sendings.delete(sending.id);
    if (this.#last === sending) this.#last = undefined;
    sending.settle();
  }
}
