/**
 * Delivers exactly once. Each batch is one transaction, which also commits a mark of the messages that it holds. If a client
 * fails in the middle of a transaction, the next client ends it. It then reads the last mark, which shows whether the
 * transaction took effect.
 *
 *   begin ─► messages ─► mark ─► commit ─► settled
 *              │           │        └─ no answer: the client is unusable, and the next one reads the mark
 *              └───────────┴─ abort ─► messages refused, searched for the bad one, or sent again
 *
 * If the outcome of a call stays unknown, the client is unusable and demands a reset.
 */

import { asError, ProducerFencedError, TransientSendError } from '../../../../shared/errors.ts';
import type { Batch } from '../../../../shared/transport.ts';
import { linked } from '../../../../shared/util/abort.ts';
import { isUncompressed } from '../../batches/sizes.ts';
import { isTooLarge } from '../../errors/errors.ts';
import { holds, markGroup } from '../../transaction-mark.ts';
import type { MemberIds } from '../inspect/describe-cluster.ts';
import type { Client } from '../native/client.ts';
import { Departures } from './departures.ts';
import { GroupOffsets, type PlacedMark } from './group-offsets.ts';
import { TransactionBatch } from './transaction-batch.ts';
import { type Patience, TransactionCalls, TransactionError } from './transaction-calls.ts';
import {
  deniedError,
  deniedTopic,
  fenced,
  initError,
  isFence,
  isOfSet,
  isTransactionFailure,
  lostError,
  markError,
  refusal,
} from './transaction-errors.ts';
import { findings } from './transaction-findings.ts';
import { type Aborted, type RunContext, runTransaction } from './transaction-run.ts';
import {
  type Cause,
  type Search,
  searchFor,
  searchOn,
  setBytesAfter,
  trialOf,
  type Verdicts,
} from './transaction-search.ts';
import { type StartContext, TransactionStart } from './transaction-start.ts';

/** Time in ms in which a call under way may end after the attempt was abandoned. It is less than a recall waits. */
const GRACE_MS = 1500;
const OUT_OF_ORDER = 45;
/** Maximum number of consecutive transactions repeated without notice after a failure for their sequence numbers. */
const MOST_RENEWALS = 2;
/** librdkafka's own default of `batch.size`. */
const DEFAULT_SET_BYTES = 1_000_000;
const NONE: ReadonlySet<number> = new Set();

/** The result of a transaction; an error where no message is the cause. */
type Ending = 'settled' | 'again' | Error;

/** Why no transaction can begin any more. The delivery loop decides what follows a `failure`. */
interface Over {
  readonly error: Error;
  readonly by: 'failure' | 'refusal';
}

export interface TransactionsContext extends StartContext, Pick<RunContext, 'produce' | 'recall' | 'purge'> {
  readonly client: Client;
  readonly transactionalId: string;
  /** Time in ms after which the broker ends a transaction by itself. */
  readonly timeoutMs: number;
  /** Ids of the brokers that the client counts on. */
  knownBrokers(): readonly number[];
  /** Resolves with the brokers in the cluster. Rejects where none answers. */
  brokers(): Promise<MemberIds>;
  /** Logs what an operator should know. */
  warn(text: string): void;
}

export class Transactions {
  readonly #context: TransactionsContext;
  readonly #calls: TransactionCalls;
  readonly #offsets: GroupOffsets;
  readonly #start: TransactionStart;
  readonly #closing = new AbortController();
  #graceMs = GRACE_MS;
  #last: PlacedMark | undefined;
  #count = 0;
  #over: Over | undefined;
  #current: TransactionBatch | undefined;
  /** The topic under whose name the last mark was committed. */
  #markTopic: string | undefined;
  /** Number of consecutive transactions that failed for their sequence numbers. */
  #renewals = 0;
  /** When the transaction began, in ms of `performance.now()` and of the wall clock, which goes on while a machine sleeps. */
  #began = { at: 0, date: 0 };
  /** When the last answer to the transaction came. */
  #answeredAt = 0;
  readonly #departures: Departures;
  /** The reason why its answer is no longer awaited. */
  #departure: Error | undefined;
  /** Whether a request that was abandoned may still reach a broker. */
  #hasLateRequest = false;
  #flow: Promise<unknown> = Promise.resolve();

  constructor(context: TransactionsContext) {
    const { client, transactionalId } = context;
    this.#context = context;
    this.#calls = new TransactionCalls(client);
    this.#offsets = new GroupOffsets(client, markGroup(transactionalId));
    this.#start = new TransactionStart(this.#calls, this.#offsets.group, context);
    this.#departures = new Departures({
      known: () => context.knownBrokers(),
      brokers: () => context.brokers(),
      answeredAt: () => this.#answeredAt,
      departed: (brokers) => this.#departed(brokers),
    });
  }

  /** Makes librdkafka look for a broker at once. */
  prepare(): Promise<void> {
    const preparing = this.#start.prepare();
    this.#flow = preparing;
    return preparing;
  }

  /** Ends the transaction of an earlier client, and reads whether it took effect. @throws ConnectError, ConfigError */
  init(signal: AbortSignal): Promise<void> {
    const opening = linked([signal, this.#closing.signal], (over) => this.#init(over)).catch((error: unknown) => {
      const failure = initError(error, this.#context.transactionalId);
      this.#over = { error: failure, by: 'failure' };
      throw failure;
    });
    this.#flow = opening.catch(() => {});
    return opening;
  }

  async #init(signal: AbortSignal): Promise<void> {
    const { count, last } = await this.#start.init(signal);
    this.#count = count;
    this.#last = last;
  }

  /** Sends the batch in a transaction. Resolves when the transaction has ended and the batch has every outcome. */
  send(batch: Batch): Promise<void> {
    const sending = this.#send(batch);
    this.#flow = sending.catch(() => {});
    return sending;
  }

  async #send(batch: Batch): Promise<void> {
    if (this.#over !== undefined) throw this.#over.error;
    this.#settleCommitted(batch);
    this.#settleRefused(batch);
    for (let ending: Ending = 'again'; ending !== 'settled' && this.#over === undefined; ) {
      const members = this.#members(batch);
      if (members.isEmpty) return;
      ending = await this.#usable(() => this.#transact(batch, members));
      if (ending instanceof Error) throw ending;
    }
  }

  #members(batch: Batch): TransactionBatch {
    const { search } = this.#context.memory;
    if (search === undefined) return new TransactionBatch(batch);
    const trial = trialOf(batch, search);
    if (trial.isEmpty) this.#goOn({ ...search, suspects: [] });
    return trial;
  }

  /** Settles the messages that the last transaction of the previous client has delivered without a report. */
  #settleCommitted(batch: Batch): void {
    const last = this.#last;
    if (last === undefined) return;
    for (let index = 0; index < batch.size; index++)
      if (!batch.skip(index) && holds(last, batch.sequence + index)) batch.delivered(index);
  }

  /** Fails messages like those refused a moment ago, because they would cause this transaction to be aborted too. */
  #settleRefused(batch: Batch): void {
    const { memory } = this.#context;
    if (memory.hasNoRefusals) return;
    for (let index = 0; index < batch.size; index++) {
      const reason = batch.skip(index) ? undefined : memory.refusal(batch.message(index));
      if (reason !== undefined) batch.failed(index, reason);
    }
  }

  /** Runs one transaction. After anything but a clean end the client is unusable. */
  async #usable(work: () => Promise<Ending>): Promise<Ending> {
    this.#began = { at: performance.now(), date: Date.now() };
    this.answered();
    this.#departures.start();
    try {
      return await work();
    } catch (error) {
      return this.#end(asError(error));
    } finally {
      this.#departures.stop();
      this.#current = undefined;
    }
  }

  /** Makes the client unusable. If a commit had no answer, the next client reads in its mark whether it took effect. */
  #end(error: Error): Ending {
    const departure = this.#departure;
    const verdict = this.#verdict(error);
    const goesOn = departure !== undefined && !(verdict instanceof ProducerFencedError);
    this.#over = goesOn ? { error: departure, by: 'refusal' } : { error: verdict, by: 'failure' };
    if (!goesOn) throw verdict;
    return 'again';
  }

  #departed(brokers: readonly number[]): void {
    this.#departures.stop();
    const which = brokers.length === 1 ? `broker ${brokers[0]} has` : `brokers ${brokers.join(', ')} have`;
    const text = `${which} left the cluster without an answer to a transaction`;
    this.#context.warn(`${text}: a fresh client sends it again`);
    this.leave(text);
  }

  /** Lets a fresh client go on with the transaction that is under way. */
  leave(why: string): void {
    this.#departure = new TransientSendError(why);
    this.#current?.leave(this.#departure);
  }

  /** Notes an answer to the transaction that is under way. */
  answered(): void {
    this.#answeredAt = performance.now();
  }

  /** @throws what makes the client unusable */
  async #transact(batch: Batch, members: TransactionBatch): Promise<Ending> {
    this.#current = members;
    if (this.#departure !== undefined) members.leave(this.#departure);
    const aborted = await runTransaction(members, this.#runContext(members));
    if (aborted === undefined) return this.#committed(members);
    const { unusable } = aborted;
    // A fence takes precedence over the errors of the messages, because a reset would take the id back.
    if (unusable !== undefined && this.#verdict(unusable) instanceof ProducerFencedError) throw unusable;
    if (this.#departure !== undefined) return this.#left(this.#departure);
    const ending = this.#settle(batch, members, aborted);
    if (this.#hasLateRequest)
      this.#supersede(new TransientSendError('a request of an aborted transaction is under way'));
    if (unusable === undefined) return ending;
    if (ending !== 'settled') throw unusable;
    this.#supersede(this.#verdict(unusable));
    return ending;
  }

  /** Leaves a transaction that was certainly not committed. What it has shown about messages will show again. */
  #left(departure: Error): Ending {
    this.#supersede(departure);
    return 'again';
  }

  #runContext(members: TransactionBatch): RunContext {
    const { memory, produce, recall, purge } = this.#context;
    const mayBeDenied = memory.deniedTopics.areExpected && !members.isTrial;
    return {
      calls: this.#calls,
      offsets: this.#offsets,
      patience: this.#patience(members.signal),
      agreed: (goesOn) => this.#departures.agreed(goesOn),
      hasDeparted: () => this.#departure !== undefined,
      earlyTopic: mayBeDenied ? this.#markTopic : undefined,
      mark: ({ numbers }) => ({ messages: numbers, run: this.#context.run, count: this.#count + 1 }),
      produce,
      recall,
      purge,
    };
  }

  #committed(members: TransactionBatch): Ending {
    this.#count++;
    this.#markTopic = members.topic;
    this.#renewals = 0;
    members.commit();
    return 'settled';
  }

  /** Passes to the batch what the aborted transaction has shown. */
  #settle(batch: Batch, members: TransactionBatch, aborted: Aborted): Ending {
    if (aborted.step === 'early mark') {
      this.#markTopic = undefined;
      return 'again';
    }
    const { memory, client } = this.#context;
    const { refused, suspects, deniedTopics } = findings(members, () => deniedError(client));
    for (const topic of deniedTopics) memory.deniedTopics.add(topic, deniedError(client));
    this.#remember(members, suspects, refused);
    for (const [index, error] of refused) batch.failed(index, error);
    const taken = members.isTrial ? members.taken : NONE;
    if (refused.size + suspects.length + taken.size === 0) return this.#settleOthers(batch, members, aborted);
    if (memory.search !== undefined) this.#tried(memory.search, members, { refused: new Set(refused.keys()), taken });
    else if (suspects.length > 0) this.#search(members, suspects, refused);
    return 'settled';
  }

  /** Remembers the sizes that were refused. Only a message that had a set of its own shows its size. */
  #remember(members: TransactionBatch, suspects: readonly number[], refused: ReadonlyMap<number, Error>): void {
    const { memory, client } = this.#context;
    if (!isUncompressed(client.properties)) return;
    for (const index of suspects) {
      const error = refused.get(index);
      if (error !== undefined && isTooLarge(error)) memory.refusedSizes.add(members.message(index), error);
    }
  }

  /** Starts the search among the suspects. Those that are refused already had sets of their own. */
  #search(members: TransactionBatch, suspects: readonly number[], refused: ReadonlyMap<number, Error>): void {
    const open = suspects.filter((index) => !refused.has(index));
    this.#goOn(searchFor(members, open, this.#causeOf(members.failures.get(suspects[0] as number))));
  }

  #causeOf(refusal: Error | undefined): Cause {
    if (!isTooLarge(refusal)) return 'content';
    return isUncompressed(this.#context.client.properties) ? 'size' : 'compressed size';
  }

  #tried(before: Search, members: TransactionBatch, verdicts: Verdicts): void {
    const { memory, client } = this.#context;
    const search = searchOn(before, members, verdicts);
    const limit = Number(client.properties['batch.size'] ?? DEFAULT_SET_BYTES);
    const bytes = setBytesAfter(search, members, verdicts, limit);
    if (bytes < limit) memory.setBytes = bytes;
    this.#goOn(search);
  }

  /**
   * Lets the next client go on with the search, or without it when it is over. A client that had a set refused numbers its
   * messages with a gap, which costs the transaction after the next one. The client of a trial sends only single messages.
   */
  #goOn(search: Search): void {
    this.#context.memory.search = search.suspects.length > 0 ? search : undefined;
    this.#supersede(new TransientSendError('a set was refused'));
  }

  /** Replaces this client by a fresh one at once, which need not ask for the outcome of this one's transactions. */
  #supersede(error: Error): void {
    this.#over = { error, by: 'refusal' };
    this.#context.memory.known = { count: this.#count, last: this.#last };
  }

  #settleOthers(batch: Batch, members: TransactionBatch, { step, cause }: Aborted): Ending {
    if (cause !== undefined && step === 'commit') return markError(cause, members.topic, this.#offsets.group);
    if (cause?.code === OUT_OF_ORDER && this.#renewals++ < MOST_RENEWALS) return 'again';
    const refused = cause && refusal(cause);
    for (const index of refused ? members.members : []) batch.failed(index, refused as Error);
    for (const [index, error] of members.failures) batch.failed(index, error);
    if (cause === undefined || refused !== undefined || members.failures.size > 0) return 'settled';
    return new TransientSendError(cause.message, { cause });
  }

  /** Waits as long as the attempt goes on, and `#graceMs` longer, because a transaction that is left open holds up its readers. */
  #patience(signal: AbortSignal): Patience {
    let end = Number.POSITIVE_INFINITY;
    return () => {
      if (this.#departure !== undefined) return false;
      if (signal.aborted || this.#closing.signal.aborted) end = Math.min(end, performance.now() + this.#graceMs);
      return performance.now() < end;
    };
  }

  /** Tells a fence from a lost client. A transaction that the broker ended for its age looks like a fence and is none. */
  #verdict(error: Error): Error {
    const { transactionalId, timeoutMs } = this.#context;
    const code = this.#fatalCode() || (error instanceof TransactionError ? error.code : 0);
    if (isFence(code) && this.#ageMs < timeoutMs) return fenced(transactionalId, error);
    return lostError(error, code, transactionalId);
  }

  get #ageMs(): number {
    const { at, date } = this.#began;
    return Math.max(performance.now() - at, Date.now() - date);
  }

  #fatalCode(): number {
    const { client } = this.#context;
    return client.closed ? 0 : client.native.transactions.fatalError(client.handle, 0, 0);
  }

  /**
   * Notes that a message was taken back while it was in flight. Its request may arrive late, and would then belong to the next
   * transaction of this client. The next client has a new epoch, so brokers refuse that request.
   */
  tookBackInFlight(): void {
    this.#hasLateRequest = true;
  }

  /** Whether a transaction is under way, whose outcome will be reported. */
  get isBusy(): boolean {
    return this.#current !== undefined;
  }

  /** Whether only another client can go on. */
  get isBroken(): boolean {
    return this.#over !== undefined;
  }

  /** Whether a fresh client must go on at once, because a refusal has made this one unusable. */
  get isOutdated(): boolean {
    return this.#over?.by === 'refusal';
  }

  /** Whether its transaction was left to a fresh client, so that a call may hang. */
  get isLeft(): boolean {
    return this.#departure !== undefined;
  }

  /** Takes a line of librdkafka's log, the only source for when a transaction fails and which topics are refused. */
  heard(line: string): void {
    const topic = deniedTopic(line, this.#context.client);
    if (topic !== undefined) this.#current?.deniedTopics.add(topic);
    if (isTransactionFailure(line)) this.#current?.stop(isOfSet(line));
  }

  /** Resolves when no call uses the client any more. A transaction that is under way has `graceMs` to end first. */
  async close(graceMs: number): Promise<void> {
    this.#graceMs = graceMs;
    this.#closing.abort();
    await this.#flow;
    await this.#calls.close();
  }
}
