/** One connection to Kafka, from `open` to `close`: its clients, the messages on their way, and its transactions. */

import { setImmediate as setImmediateTurn, setTimeout as sleep } from 'node:timers/promises';
import { OutspoolError } from '../../../../shared/errors.ts';
import type { LogLevel } from '../../../../shared/protocol.ts';
import type { Batch } from '../../../../shared/transport.ts';
import { callApart } from '../../../../shared/util/uncaught.ts';
import type { KafkaDriverOptions } from '../../driver.ts';
import { ALL_BROKERS_DOWN, isOwnStop, isPurged, needsReset } from '../../errors/errors.ts';
import { lostServer, plainly } from '../../explain/diagnosis.ts';
import { Troubles } from '../../explain/troubles.ts';
import { Channels, type Role, SINGLE } from '../../partitions/channels.ts';
import { createHandover, type HandingOver, type HandoverParts } from '../../partitions/create.ts';
import type { EndOffset, LedPartition } from '../../partitions/end-offsets.ts';
import type { Ledger, Ledgers } from '../close/ledger.ts';
import { ClusterMembers } from '../inspect/cluster-members.ts';
import { canDescribeCluster, type MemberIds } from '../inspect/describe-cluster.ts';
import { endOffsets } from '../inspect/end-offsets.ts';
import { addressOf } from '../native/memory.ts';
import type { Native } from '../native/native.ts';
import type { NativeReport } from '../native/report-reader.ts';
import { readMarks } from '../transactions/mark-reader.ts';
import { TransactionMemory } from '../transactions/transaction-memory.ts';
import { Transactions } from '../transactions/transactions.ts';
import { type ChannelContext, LibrdkafkaChannel } from './channel.ts';
import { Connecting, setupTimeout } from './connecting.ts';

/** Time in ms after which a message that waits for capacity is tried again, should no wake-up come. */
const RETRY_MS = 20;
const DRAIN_STEP_MS = 2;
/** Time in ms in which a transactional call still running at the end of a session returns, unless librdkafka has lost it. */
const LAST_SLICE_MS = 1500;
/** As above, where the transaction was left because a broker hangs. */
const LEFT_MS = 50;
/** librdkafka's own default in ms. */
const DEFAULT_TRANSACTION_TIMEOUT_MS = 60_000;

export class Session {
  readonly #native: Native;
  readonly #options: KafkaDriverOptions;
  readonly #ledgers: Ledgers;
  /** The client that connects first. Transactions have no other client. */
  readonly #first: LibrdkafkaChannel;
  readonly #channels: Channels<LibrdkafkaChannel>;
  readonly #handingOver: HandingOver;
  readonly #connecting: Connecting;
  readonly #troubles: Troubles;
  readonly #transactions: Transactions | undefined;
  /** Maximum size of a set in bytes, where larger ones were refused. */
  readonly #setBytes: number | undefined;
  #turning = false;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #closing = new AbortController();
  /** The end-offset question under way. It has a client of its own, which ends with it. */
  #question: Promise<unknown> = Promise.resolve();
  readonly #members: ClusterMembers;

  constructor(native: Native, options: KafkaDriverOptions, ledgers: Ledgers, memory = new TransactionMemory()) {
    this.#native = native;
    this.#options = options;
    this.#ledgers = ledgers;
    this.#troubles = new Troubles(options.log);
    this.#members = new ClusterMembers(options, ledgers.members);
    this.#setBytes = memory.setBytes;
    // The client of a trial sends single messages only.
    const first = this.#createChannel(memory.search === undefined ? 'sets' : 'single');
    this.#first = first;
    try {
      this.#connecting = new Connecting(first.client, options);
      this.#channels = new Channels(first, (role) => this.#createAnother(role));
      this.#handingOver = createHandover(options, {
        channels: this.#channels,
        searches: options.properties['transactional.id'] === undefined,
        addressOf: (memory) => addressOf(native.koffi, memory),
        text: (code) => first.text(code),
        changed: () => this.#turn(),
        endOffsets: (places) => this.#endOffsets(places),
        ...this.#renewal(options),
      });
      this.#transactions = this.#createTransactions(memory);
    } catch (error) {
      void first.close(0);
      throw error;
    }
  }

  #createChannel(role: Role): LibrdkafkaChannel {
    const ledger = this.#ledgers.clients.find((one) => one.isEmpty);
    if (ledger === undefined) throw new OutspoolError('earlier Kafka clients have not ended yet');
    const { properties, topicProperties } = this.#options;
    const context: ChannelContext = {
      native: this.#native,
      properties: {
        ...setupTimeout(this.#options),
        ...properties,
        ...topicProperties,
        ...(this.#setBytes !== undefined && { 'batch.size': String(this.#setBytes) }),
        ...(role === 'single' && SINGLE),
      },
      ledger,
      single: role === 'single',
      onWake: this.#turnApart,
      report: (channel, report) => this.#report(channel, report),
      error: (code, text) => this.#error(code, text),
      log: (level, text) => this.#log(level, text),
      statistics: (text) => this.#options.statistics?.(text),
    };
    return new LibrdkafkaChannel(context);
  }

  /** Creates another client and schedules a turn, because events before its pipe exists cause no wake-up. */
  #createAnother(role: Role): LibrdkafkaChannel {
    const channel = this.#createChannel(role);
    setImmediate(this.#turnApart);
    return channel;
  }

  /** librdkafka has accepted the properties by now, so their texts are valid. */
  #createTransactions(memory: TransactionMemory): Transactions | undefined {
    const { properties } = this.#options;
    const { 'transactional.id': transactionalId, 'transaction.timeout.ms': timeoutMs } = properties;
    if (transactionalId === undefined) return undefined;
    const [ledger] = this.#ledgers.clients as [Ledger];
    return new Transactions({
      memory,
      client: this.#first.client,
      transactionalId,
      timeoutMs: Number(timeoutMs ?? DEFAULT_TRANSACTION_TIMEOUT_MS),
      run: ledger.run(),
      readMarks: (group, signal) => readMarks({ native: this.#native, ledger, properties, group }, signal),
      produce: (batch) => this.#produce(batch),
      recall: () => this.recall(),
      purge: () => this.purge(),
      knownBrokers: () => this.#first.knownBrokers,
      brokers: () => this.#brokers(),
      warn: (text) => this.#options.log('warn', text),
    });
  }

  async #brokers(): Promise<MemberIds> {
    const first = this.#first;
    if (canDescribeCluster(first.client) && first.knownBrokers.length > 0) return this.#members.ask(first.knownBrokers);
    return { ids: await first.brokers(), isComplete: true };
  }

  /** If a broker throttles this client, that already explains the missing answers, so no question is asked. */
  async #endOffsets(places: readonly LedPartition[]): Promise<readonly EndOffset[]> {
    this.#closing.signal.throwIfAborted();
    if (this.#options.isThrottled?.()) return places.map(() => 'unknown');
    const asked = endOffsets(this.#options, places, this.#ledgers.question, this.#closing.signal);
    this.#question = asked.catch(() => {});
    return asked;
  }

  /** Transactions have one client, so they replace it by a new session. */
  #renewal({ properties }: KafkaDriverOptions): Pick<HandoverParts, 'renew'> {
    if (properties['transactional.id'] === undefined) return {};
    return { renew: (_channel, why) => this.#transactions?.leave(why) };
  }

  async connected(signal: AbortSignal): Promise<void> {
    // Events before the pipe existed have caused no wake-up.
    this.#turn();
    await this.#transactions?.prepare();
    await this.#connecting.wait(signal);
    await this.#transactions?.init(signal);
    this.#hold();
  }

  send(batch: Batch): Promise<void> {
    return this.#transactions?.send(batch) ?? this.#produce(batch);
  }

  #produce(batch: Batch): Promise<void> {
    const ended = this.#handingOver.handover.add(batch);
    this.#pump();
    return ended;
  }

  recall(): void {
    this.#takeBack('queued');
  }

  purge(): void {
    this.#takeBack('everything');
  }

  #takeBack(what: 'queued' | 'everything'): void {
    if (this.#closed) return;
    this.#handingOver.handover.halt();
    for (const channel of this.#channels.all) channel.purge(what);
    this.#turn();
  }

  get heldUpMs(): number {
    return this.#handingOver.topology.missingMs;
  }

  /** Whether a client has failed for good. Asks the client itself, because its error event may still be on the way. */
  get spent(): boolean {
    return this.#transactions?.isBroken === true || this.#channels.active.some(({ end }) => end === 'failure');
  }

  /** Whether a fresh client must go on with the batch that this one has not settled. */
  get outdated(): boolean {
    return this.#transactions?.isOutdated === true;
  }

  /** Takes back all messages, waits for their reports until the deadline, and ends the clients, whatever fails before that. */
  async close(deadlineMs: number): Promise<void> {
    if (this.#closed) return;
    const end = performance.now() + deadlineMs;
    try {
      this.purge();
      // If the caller is within a delivery report, this code is still reading an event.
      await setImmediateTurn();
      while (!this.#handingOver.handover.idle && performance.now() < end)
        await sleep(DRAIN_STEP_MS).then(() => this.#turn());
    } finally {
      await this.#end(end);
    }
  }

  async #end(end: number): Promise<void> {
    if (this.#closed) return;
    this.#closing.abort();
    const unused = this.#transactions?.close(end - performance.now()) ?? Promise.resolve();
    const isLeft = this.#transactions?.isLeft === true;
    const isUnused = await inTime(unused, isLeft ? performance.now() + LEFT_MS : end + LAST_SLICE_MS);
    await inTime(Promise.all([this.#question, this.#members.close()]), end + LAST_SLICE_MS);
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#handingOver.handover.abandon();
    this.#handingOver.topology.close();
    if (isUnused) await this.#channels.close(end - performance.now());
    else this.#first.closeBehind(unused);
  }

  #report(channel: LibrdkafkaChannel, report: NativeReport): void {
    this.#transactions?.answered();
    if (report.code === 0) this.#troubles.delivered();
    if (isPurged(report.code) && this.#transactions !== undefined && channel.isPossiblySent(report))
      this.#transactions.tookBackInFlight();
    this.#handingOver.handover.report(channel, report);
  }

  /** Errors that neither end the client nor reach all brokers also come as lines of the log. */
  #error(code: number, text: string): void {
    this.#connecting.error(code, text);
    if (this.#connecting.pending) this.#options.log('debug', plainly(text));
    else if (code === ALL_BROKERS_DOWN) this.#troubles.allDown(text);
    else this.#options.log(this.#isUnheardOf(code, text) ? 'warn' : 'debug', plainly(text));
  }

  /** Whether only this line reports the error. With messages on their way, the delivery loop reports why the client has failed. */
  #isUnheardOf(code: number, text: string): boolean {
    if (!needsReset(code) || isOwnStop(text)) return false;
    return this.#handingOver.handover.idle && !this.#transactions?.isBusy && !this.#transactions?.isBroken;
  }

  /** A failed attempt to connect is explained in one line, so librdkafka's less helpful lines about it are logged at `debug`. */
  #log(level: LogLevel, text: string): void {
    this.#connecting.log(text);
    const lost = lostServer(text);
    if (lost !== undefined) this.#options.disconnected?.(lost);
    this.#transactions?.heard(text);
    if (this.#connecting.pending) this.#options.log('debug', plainly(text));
    else this.#troubles.line(level, text);
  }

  /** One bounded round of reading events and sending. If more events wait, the next round follows after other work. */
  #turn(): void {
    if (this.#turning || this.#closed) return;
    if (this.#readEvents()) setImmediate(this.#turnApart);
    this.#readThrottles();
    this.#pump();
  }

  /** A turn that no call waits for. */
  readonly #turnApart = (): void => callApart(() => this.#turn());

  #readEvents(): boolean {
    this.#turning = true;
    try {
      return this.#channels.all.map((channel) => channel.turn()).includes(true);
    } finally {
      this.#turning = false;
    }
  }

  #readThrottles(): void {
    for (const { client } of this.#channels.all)
      for (const { broker, ms } of this.#native.throttles.take(client.handle)) this.#options.throttled?.(broker, ms);
  }

  #pump(): void {
    if (this.#turning || this.#closed) return;
    const { handover } = this.#handingOver;
    handover.pump();
    this.#hold();
    clearTimeout(this.#retry);
    if (handover.waiting) this.#retry = setTimeout(this.#turnApart, RETRY_MS);
  }

  /** Holds the process open while reports are awaited. */
  #hold(): void {
    for (const channel of this.#channels.all) channel.client.wakeup.hold(!this.#handingOver.handover.idle);
  }
}

/** Whether `work` has resolved by `end`. */
async function inTime(work: Promise<unknown>, end: number): Promise<boolean> {
  const over = new AbortController();
  const late = sleep(Math.max(0, end - performance.now()), false, { ref: false, signal: over.signal });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    over.abort();
  }
}
