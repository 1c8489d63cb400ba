/** The life of one client: from `open` to `close`, with whatever is on its way in between. */

import { setImmediate as setImmediateTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Batch } from '../../../transport.ts';
import { plainly } from '../diagnosis.ts';
import type { KafkaDriverOptions, LogLevel } from '../driver.ts';
import { ALL_BROKERS_DOWN, isOwnStop, needsReset } from '../errors.ts';
import { Troubles } from '../troubles.ts';
import { Client } from './client.ts';
import { Connecting, setupTimeout } from './connecting.ts';
import { EventPump } from './events.ts';
import { Handover } from './handover.ts';
import type { Ledger } from './ledger.ts';
import { readMarks } from './mark-reader.ts';
import type { Native } from './native.ts';
import type { Report } from './report-reader.ts';
import { TransactionMemory } from './transaction-memory.ts';
import { Transactions } from './transactions.ts';

/** A batch that waits for room is tried again after so long, should no wake-up come. */
const RETRY_MS = 20;
const DRAIN_STEP_MS = 2;
/** librdkafka's own default. */
const DEFAULT_TRANSACTION_TIMEOUT_MS = 60_000;

export class Session {
  readonly #options: KafkaDriverOptions;
  readonly #client: Client;
  readonly #events: EventPump;
  readonly #handover: Handover;
  readonly #connecting: Connecting;
  readonly #troubles: Troubles;
  readonly #transactions: Transactions | undefined;
  #turning = false;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(native: Native, options: KafkaDriverOptions, ledger: Ledger, memory = new TransactionMemory()) {
    this.#options = options;
    const properties = { ...setupTimeout(options), ...options.properties, ...options.topicProperties };
    this.#client = new Client(native, properties, ledger, () => this.#turn());
    try {
      this.#handover = new Handover(this.#client, options.defaults);
      this.#connecting = new Connecting(this.#client, options);
      this.#troubles = new Troubles(options.log);
      this.#events = new EventPump(this.#client, this);
      this.#transactions = this.#createTransactions(ledger, memory);
    } catch (error) {
      void this.#client.close(0);
      throw error;
    }
  }

  /** Properties are texts that librdkafka has accepted by now. */
  #createTransactions(ledger: Ledger, memory: TransactionMemory): Transactions | undefined {
    const { 'transactional.id': transactionalId, 'transaction.timeout.ms': timeoutMs } = this.#options.properties;
    if (transactionalId === undefined) return undefined;
    return new Transactions({
      memory,
      client: this.#client,
      transactionalId,
      timeoutMs: Number(timeoutMs ?? DEFAULT_TRANSACTION_TIMEOUT_MS),
      run: ledger.run(),
      readMarks: (group, signal) =>
        readMarks({ native: this.#client.native, ledger, properties: this.#options.properties, group }, signal),
      produce: (batch) => this.#produce(batch),
      purge: () => this.purge(),
    });
  }

  async connected(signal: AbortSignal): Promise<void> {
    // What happened before the pipe was there has sent no wake-up.
    this.#turn();
    await this.#transactions?.prepare();
    await this.#connecting.wait(signal);
    await this.#transactions?.init(signal);
    this.#client.wakeup.hold(!this.#handover.idle);
  }

  send(batch: Batch): Promise<void> {
    return this.#transactions?.send(batch) ?? this.#produce(batch);
  }

  #produce(batch: Batch): Promise<void> {
    const ended = this.#handover.add(batch);
    this.#pump();
    return ended;
  }

  purge(): void {
    if (this.#closed) return;
    this.#handover.halt();
    this.#client.purge();
    this.#turn();
  }

  /** Whether the client has given up; asked of itself, because its own word may still be on the way. */
  get spent(): boolean {
    return this.#client.fatalCode !== 0 || this.#transactions?.isBroken === true;
  }

  /** Whether a fresh client is to go on with the batch that this one has not settled. */
  get outdated(): boolean {
    return this.#transactions?.isOutdated === true;
  }

  /** Asks for everything back, takes what comes within the deadline, and ends the client, whatever fails before that. */
  async close(deadlineMs: number): Promise<void> {
    if (this.#closed) return;
    const end = performance.now() + deadlineMs;
    try {
      this.purge();
      // A caller within a delivery report is in the middle of our reading of an event.
      await setImmediateTurn();
      while (!this.#handover.idle && performance.now() < end) await sleep(DRAIN_STEP_MS).then(() => this.#turn());
    } finally {
      await this.#end(end);
    }
  }

  async #end(end: number): Promise<void> {
    if (this.#closed) return;
    await this.#transactions?.close(end - performance.now());
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#handover.abandon();
    this.#events.close();
    await this.#client.close(end - performance.now());
  }

  report(report: Report): void {
    if (report.code === 0) this.#troubles.delivered();
    this.#handover.report(report);
  }

  /** What does not end the client or reach all brokers comes as a line of the log as well. */
  error(code: number, text: string): void {
    this.#connecting.error(code, text);
    if (this.#connecting.pending) this.#options.log('debug', plainly(text));
    else if (code === ALL_BROKERS_DOWN) this.#troubles.allDown(text);
    else this.#options.log(this.#isUnheardOf(code, text) ? 'warn' : 'debug', plainly(text));
  }

  /** With messages on their way, the delivery loop reports why the client has given up. */
  #isUnheardOf(code: number, text: string): boolean {
    if (!needsReset(code) || isOwnStop(text)) return false;
    return this.#handover.idle && !this.#transactions?.isBusy && !this.#transactions?.isBroken;
  }

  /** An attempt to connect that fails says why in one line, which is not to come after others that say less. */
  log(level: LogLevel, text: string): void {
    this.#connecting.log(text);
    this.#transactions?.heard(text);
    if (this.#connecting.pending) this.#options.log('debug', plainly(text));
    else this.#troubles.line(level, text);
  }

  /** One bounded round of reading events and handing over; the next one after the event loop has had its turn. */
  #turn(): void {
    if (this.#turning || this.#closed) return;
    if (this.#readEvents()) setImmediate(() => this.#turn());
    this.#pump();
  }

  #readEvents(): boolean {
    this.#turning = true;
    try {
      return this.#events.turn();
    } finally {
      this.#turning = false;
    }
  }

  #pump(): void {
    if (this.#turning || this.#closed) return;
    this.#handover.pump();
    this.#client.wakeup.hold(!this.#handover.idle);
    clearTimeout(this.#retry);
    if (this.#handover.waiting) this.#retry = setTimeout(() => this.#turn(), RETRY_MS);
  }
}
