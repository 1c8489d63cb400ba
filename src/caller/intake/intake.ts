/** Accepts messages into the queue, on the application's thread. A full queue applies `when_full`: wait, refuse or drop. */

import { asError, QueueFullError } from '../../shared/errors.ts';
import { FLAG_ERROR, FLAG_REPORT, FLAG_ROUTED } from '../../shared/memory/record.ts';
import { type AddedHeaders, RecordWriter } from '../../shared/memory/record-writer.ts';
import type { HeaderPair } from '../../shared/message/headers.ts';
import { ERROR_HEADER, type MessageInput } from '../../shared/message/message.ts';
import type { Way } from '../../shared/route-hooks.ts';
import type { WaitOptions } from '../../shared/util/wait.ts';
import { publishAccepted } from '../metrics/channels.ts';
import type { EngineOptions, WhenFull } from '../options.ts';
import type { Life } from '../producer-state.ts';
import type { MessageQueue } from '../queue/message-queue.ts';
import type { Accounting } from '../settlement/accounting.ts';
import type { Settlement } from '../settlement/settlement.ts';
import type { Spooling } from '../spool/spooling.ts';
import type { Sending } from '../telemetry/sending.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { FullLog } from './full-log.ts';
import { Room } from './room-waiters.ts';
import type { Turn } from './turn-batch.ts';

/** Packed size, in bytes, of the message that `isFull` asks for. */
const ORDINARY_BYTES = 1024;

const ERROR_MARK: HeaderPair = [ERROR_HEADER, 'true'];
const MARKED: AddedHeaders = { mark: ERROR_MARK };
const NOTHING_ADDED: AddedHeaders = {};

/** An accepted message: its number, or that the policy dropped it at once. */
export type Accepted = { readonly sequence: number } | 'dropped';

export interface AcceptOptions {
  readonly isError: boolean;
  /** Whether a caller waits for the broker's report. */
  readonly report: boolean;
  /** How the message came by a route of the runtime. @default undefined, it came by no route */
  readonly routed?: Way | undefined;
}

/** A message that may wait for capacity. */
interface Arrival<T> {
  readonly input: MessageInput;
  readonly options: AcceptOptions;
  readonly wait: WaitOptions;
  then(accepted: Accepted): T;
  readonly sending?: Sending;
}

export interface IntakeContext {
  readonly options: Pick<EngineOptions, 'name' | 'logger' | 'whenFull' | 'highWaterMark' | 'settings' | 'listeners'>;
  readonly queue: MessageQueue;
  readonly accounting: Accounting;
  readonly settlement: Pick<Settlement, 'drop'>;
  readonly spooling: Pick<Spooling, 'written' | 'waitedLong'> | undefined;
  readonly life: Pick<Life, 'assertOpen'>;
  readonly turn: Pick<Turn, 'arriving'>;
  /** Undefined where no spans are made. */
  readonly tracing?: Tracing | undefined;
}

export class Intake {
  readonly #context: IntakeContext;
  readonly #writer = new RecordWriter();
  readonly #room: Room;
  readonly #fullLog: FullLog;
  #opening: NodeJS.Immediate | undefined;

  constructor(context: IntakeContext) {
    this.#context = context;
    this.#fullLog = new FullLog(context.options.logger, context.options.name);
    const waitedLong = (ms: number) => {
      context.spooling?.waitedLong();
      this.#fullLog.waited(ms);
    };
    this.#room = new Room(waitedLong, () => this.opened());
  }

  /** Whether the queue is below its high-water mark. */
  get hasRoom(): boolean {
    return this.#context.queue.fullness < this.#context.options.highWaterMark;
  }

  /** Whether a message of ordinary size would wait or be refused. A policy that drops messages always takes one. */
  get isFull(): boolean {
    const { queue, options } = this.#context;
    if (options.whenFull.startsWith('drop_')) return false;
    return this.isAwaited || (queue.fullness >= 1 && !queue.reserve(ORDINARY_BYTES));
  }

  /** Whether callers wait for capacity. */
  get isAwaited(): boolean {
    return !this.#room.isEmpty;
  }

  /** Returns the size of a message with the headers that are added to it. */
  #withAdded(bytes: number): number {
    return bytes + (this.#context.tracing?.addedBytes ?? 0);
  }

  /** Returns why `accept` would refuse a message of `given` bytes, or undefined if it would not. @throws InvalidMessageError, QueueFullError */
  refusal(given: number): QueueFullError | undefined {
    const { queue, options } = this.#context;
    const bytes = this.#withAdded(given);
    if (queue.reserve(bytes) || options.whenFull === 'drop_newest') return undefined;
    if (options.whenFull !== 'drop_oldest') return queueFull(options.whenFull);
    queue.reserveByDropping(bytes, this.#droppableFrom);
    return undefined;
  }

  /** Resolves once a message of `given` bytes fits, while later callers still wait. @throws QueueFullError at the deadline */
  async untilRoomFor(given: number, options: WaitOptions): Promise<void> {
    const bytes = this.#withAdded(given);
    const hasRoom = () => (this.#context.queue.reserve(bytes) ? true : undefined);
    options.signal?.throwIfAborted();
    try {
      if (this.isAwaited || !hasRoom()) await this.#room.until(hasRoom, { ...options, takesLater: true });
    } finally {
      this.opened();
    }
  }

  /** @throws InvalidMessageError, QueueFullError; the message was then not accepted */
  accept(input: MessageInput, options: AcceptOptions): void {
    const sending = this.#context.tracing?.begin(options.isError);
    try {
      this.#writer.prepare(input, this.#added(options, sending));
      if (this.#admit(this.#writer, options, sending) === undefined) throw this.#refused();
    } catch (error) {
      if (sending !== undefined) this.#context.tracing?.refused(sending, asError(error));
      throw error;
    } finally {
      this.#writer.clear();
    }
  }

  /**
   * Accepts a message like `accept`, but waits for capacity if the policy is to wait. `then` is called in the turn of the event loop in
   * which the message is accepted. A later message of that turn may already cause it to be dropped.
   */
  acceptWhenRoom<T = Accepted>(
    input: MessageInput,
    options: AcceptOptions,
    wait: WaitOptions,
    then: (accepted: Accepted) => T = (accepted) => accepted as T,
  ): Promise<T> | T {
    const { tracing } = this.#context;
    const sending = tracing?.begin(options.isError);
    if (tracing === undefined || sending === undefined) return this.#acceptWhenRoom({ input, options, wait, then });
    const refused = (error: unknown): never => {
      tracing.refused(sending, asError(error));
      throw error;
    };
    try {
      const accepted = this.#acceptWhenRoom({ input, options, wait, then, sending });
      return accepted instanceof Promise ? accepted.catch(refused) : accepted;
    } catch (error) {
      return refused(error);
    }
  }

  #acceptWhenRoom<T>({ input, options, wait, then, sending }: Arrival<T>): Promise<T> | T {
    const writer = new RecordWriter();
    writer.prepare(input, this.#added(options, sending));
    const attempt = () => {
      const accepted = this.#admit(writer, options, sending);
      if (accepted === undefined && this.#context.options.whenFull === 'reject') throw this.#refused();
      return accepted && then(accepted);
    };
    const isAdmitted = options.routed === 'admitted';
    if (!isAdmitted) wait.signal?.throwIfAborted();
    const isBehind = !isAdmitted && this.#context.options.whenFull === 'block' && this.isAwaited;
    const taken = isBehind ? undefined : attempt();
    if (taken !== undefined) return taken;
    // Copies the message as it was at the call, because the caller may change its bytes during the wait.
    writer.own();
    return this.#room.until(attempt, wait);
  }

  #refused(): QueueFullError {
    this.#fullLog.say('refused');
    return queueFull(this.#context.options.whenFull);
  }

  #added({ isError }: AcceptOptions, injector: Sending | undefined): AddedHeaders {
    const { topic, errorTopic } = this.#context.options.settings;
    const isMarked = isError && topic === errorTopic;
    if (injector !== undefined) return { injector, ...(isMarked && MARKED) };
    return isMarked ? MARKED : NOTHING_ADDED;
  }

  /** Returns undefined if the queue is full, and the message is not accepted. @throws InvalidMessageError, QueueFullError likewise */
  #admit(writer: RecordWriter, accept: AcceptOptions, sending: Sending | undefined): Accepted | undefined {
    const { accounting, life, turn } = this.#context;
    life.assertOpen(); // again, because the message's getters may have shut the producer down
    const accepted = this.#append(writer, this.#flags(accept, sending), turn.arriving());
    if (accepted === undefined) return undefined;
    accounting.counts.accepted++;
    if (accepted === 'dropped') accounting.counts.dropped++;
    if (sending !== undefined) this.#context.tracing?.accepted(accepted, sending);
    if (accepted === 'dropped') this.#fullLog.say('dropped');
    else publishAccepted(this.#context.options.name, accepted.sequence);
    return accepted;
  }

  /** Appends the message to the queue, or applies the policy if the queue is full. */
  #append(writer: RecordWriter, flags: number, now: number): Accepted | undefined {
    const { queue, options } = this.#context;
    const sequence = queue.append(writer, flags, now);
    if (sequence !== undefined) return { sequence };
    if (options.whenFull === 'drop_newest') return 'dropped';
    return options.whenFull === 'drop_oldest' ? this.#appendByDropping(writer, flags, now) : undefined;
  }

  #appendByDropping(writer: RecordWriter, flags: number, now: number): Accepted {
    const { queue, settlement } = this.#context;
    const from = this.#droppableFrom;
    if (!queue.reserveByDropping(writer.exactSize, from)) return 'dropped';
    for (let oldest = queue.oldestQueued(from); oldest !== undefined; oldest = queue.oldestQueued(from)) {
      settlement.drop(oldest);
      this.#fullLog.say('dropped');
      const sequence = queue.append(writer, flags, now);
      if (sequence !== undefined) return { sequence };
    }
    return 'dropped';
  }

  /** The sequence below which messages are on disk, so that they are not dropped. */
  get #droppableFrom(): number {
    return this.#context.spooling?.written ?? 0;
  }

  #flags({ isError, report, routed }: AcceptOptions, sending: Sending | undefined): number {
    const reported = report || sending?.recorded !== undefined || this.#context.options.listeners.length > 0;
    return (isError ? FLAG_ERROR : 0) | (reported ? FLAG_REPORT : 0) | (routed === undefined ? 0 : FLAG_ROUTED);
  }

  /** Resolves with true once the queue is below its high-water mark, and with false at the deadline. @throws the signal's reason */
  async untilRoom(options: WaitOptions): Promise<boolean> {
    options.signal?.throwIfAborted();
    if (!this.isAwaited && this.hasRoom) return true;
    return this.#room.until(this.#roomBelowMark, { ...options, late: false });
  }

  readonly #roomBelowMark = (): true | undefined => (this.hasRoom ? true : undefined);

  /**
   * There may be capacity again. Waiting callers continue in a later turn of the event loop. If they continued in the turn that brought the
   * worker's message, they would starve the event loop, because more such messages keep coming.
   */
  opened(): void {
    if (this.#fullLog.isSaid && this.hasRoom) this.#fullLog.over();
    if (this.#room.isEmpty) return;
    this.#opening ??= setImmediate(() => {
      this.#opening = undefined;
      if (this.#room.opened()) this.opened();
    });
  }

  /** Ends all waits with `error`, because no more messages are accepted. */
  close(error: Error): void {
    this.#fullLog.end();
    this.#room.close(error);
  }
}

const queueFull = (whenFull: WhenFull): QueueFullError =>
  new QueueFullError(
    whenFull === 'block'
      ? 'the queue is full and produce() cannot wait: use enqueue(), or waitForRoom() when produce() returns false'
      : 'the queue is full',
  );
