/** Drains a client's event queue in bounded turns: reports to one sink, errors and log lines to another. */

import type { LogLevel } from '../driver.ts';
import { logLevelOf } from '../log-level.ts';
import type { Client } from './client.ts';
import type { Pointer } from './functions.ts';
import { type Report, ReportReader } from './report-reader.ts';

const EVENT_DELIVERY_REPORT = 0x1;
const EVENT_LOG = 0x4;
const EVENT_ERROR = 0x8;

/** Messages a turn of the event loop: about a millisecond of work. */
const MESSAGES_A_TURN = 4096;
/** An event that is no report counts as so many messages. */
const EVENT_COST = 16;

export interface EventSink {
  report(report: Report): void;
  error(code: number, text: string): void;
  log(level: LogLevel, text: string): void;
}

export class EventPump {
  readonly #client: Client;
  readonly #sink: EventSink;
  readonly #reader: ReportReader;
  readonly #takeReport: (report: Report) => void;
  /** An event of which reports are still to be read. */
  #current: Pointer = 0;

  constructor(client: Client, sink: EventSink) {
    this.#client = client;
    this.#sink = sink;
    this.#reader = new ReportReader(client.native);
    this.#takeReport = (report) => sink.report(report);
  }

  /** Does a turn's worth of work. @returns whether there is more to do */
  turn(): boolean {
    const { rdkafka } = this.#client.native;
    let budget = MESSAGES_A_TURN;
    while (budget > 0) {
      if (this.#current === 0) this.#current = rdkafka.queuePoll(this.#client.queue, 0);
      if (this.#current === 0) return false;
      budget -= this.#consume(this.#current, budget);
    }
    return true;
  }

  /** Lets go of a half-read event. */
  close(): void {
    if (this.#current !== 0) this.#finish();
  }

  #consume(event: Pointer, budget: number): number {
    if (this.#client.native.rdkafka.eventType(event) !== EVENT_DELIVERY_REPORT) {
      this.#other(event);
      this.#finish();
      return EVENT_COST;
    }
    const read = this.#reader.read(event, budget, this.#takeReport);
    if (read < budget) this.#finish();
    return read;
  }

  #finish(): void {
    const event = this.#current;
    this.#current = 0;
    this.#client.native.rdkafka.eventDestroy(event);
  }

  #other(event: Pointer): void {
    const { rdkafka } = this.#client.native;
    const type = rdkafka.eventType(event);
    if (type === EVENT_ERROR) this.#sink.error(rdkafka.eventError(event), rdkafka.eventErrorText(event) ?? '');
    else if (type === EVENT_LOG) this.#log(event);
  }

  #log(event: Pointer): void {
    const facility: [string | null] = [null];
    const text: [string | null] = [null];
    const level: [number] = [0];
    if (this.#client.native.rdkafka.eventLog(event, facility, text, level) !== 0) return;
    this.#sink.log(logLevelOf(level[0]), `${facility[0] ?? ''} ${text[0] ?? ''}`);
  }
}
