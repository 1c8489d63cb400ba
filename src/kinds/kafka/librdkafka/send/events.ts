/** Drains a client's event queue in bounded turns. Reports go to one sink method, errors and log lines to others. */

import type { LogLevel } from '../../../../shared/protocol.ts';
import { logLevelOf } from '../../explain/troubles.ts';
import type { Client } from '../native/client.ts';
import type { Pointer } from '../native/functions.ts';
import { NativeMemory, readLong } from '../native/memory.ts';
import { type NativeReport, ReportReader } from '../native/report-reader.ts';

const EVENT_DELIVERY_REPORT = 0x1;
const EVENT_LOG = 0x4;
const EVENT_ERROR = 0x8;
const EVENT_STATISTICS = 0x40;

/** Maximum number of messages in a turn of the event loop, about 1 ms of work. */
const MESSAGES_A_TURN = 4096;
/** Positions in 32-bit words: two addresses of texts, and a number. */
const LINE = { facility: 0, text: 2, level: 4, words: 6 } as const;

/** The cost, in messages, of an event that is no report. */
const EVENT_COST = 16;

export interface EventSink {
  report(report: NativeReport): void;
  error(code: number, text: string): void;
  log(level: LogLevel, text: string): void;
  /** Takes statistics as JSON. @default they are ignored */
  statistics?(text: string): void;
}

export class EventPump {
  readonly #client: Client;
  readonly #sink: EventSink;
  readonly #reader: ReportReader;
  readonly #takeReport: (report: NativeReport) => void;
  /** Receives the facility, text and level of a log event. */
  readonly #line: NativeMemory;
  /** An event with reports that are still to be read. */
  #current: Pointer = 0;

  constructor(client: Client, sink: EventSink) {
    this.#client = client;
    this.#sink = sink;
    this.#reader = new ReportReader(client.native);
    this.#takeReport = (report) => sink.report(report);
    this.#line = new NativeMemory(client.native.koffi, LINE.words * 4);
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

  /** Releases a half-read event. */
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
    else if (type === EVENT_STATISTICS) this.#sink.statistics?.(rdkafka.eventStatistics(event) ?? '');
  }

  #log(event: Pointer): void {
    const { address, words } = this.#line;
    const { facility, text, level } = LINE;
    const { rdkafka } = this.#client.native;
    if (rdkafka.eventLog(event, address + facility * 4, address + text * 4, address + level * 4) !== 0) return;
    this.#sink.log(logLevelOf(words[level] as number), `${this.#textAt(facility)} ${this.#textAt(text)}`);
  }

  /** Reads the C string whose address is in the line at `word`. */
  #textAt(word: number): string {
    const address = readLong(this.#line.words, word);
    return address === 0 ? '' : this.#client.native.koffi.decode(address, 'char', -1);
  }
}
