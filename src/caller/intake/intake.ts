/** Accepts messages into the queue, on the application's thread. A full queue applies `when_full`: wait, refuse or drop. */

import type { QueueFullError } from '../../shared/errors.ts';
import { FLAG_ERROR, FLAG_REPORT, FLAG_ROUTED } from '../../shared/memory/record.ts';
import { RecordWriter } from '../../shared/memory/record-writer.ts';
import type { HeaderPair } from '../../shared/message/headers.ts';
import { ERROR_HEADER, type MessageInput } from '../../shared/message/message.ts';
import type { Way } from '../../shared/route-hooks.ts';
import type { WaitOptions } from '../../shared/util/wait.ts';
import { type Admission, admit, queueFull } from '../admission.ts';
import type { EngineOptions } from '../options.ts';
import type { MessageQueue } from '../queue/message-queue.ts';
import type { Accounting } from '../settlement/accounting.ts';
import { FullLog } from './full-log.ts';
import { Room } from './room-waiters.ts';

const ERROR_MARK: HeaderPair = [ERROR_HEADER, 'true'];

/** An accepted message: its number, or that the policy dropped it at once. */
export type Accepted = Exclude<Admission, 'full'>;

export interface AcceptOptions {
  readonly isError: boolean;
  /** Whether a caller waits for the broker's report. */
  readonly report: boolean;
  /** How the message came by a route of the runtime. @default undefined, it came by no route */
  readonly routed?: Way | undefined;
}

export interface IntakeContext {
  readonly options: EngineOptions;
  readonly queue: MessageQueue;
  readonly accounting: Accounting;
  /** Called again once a message has been read, because its getters may have shut the producer down. @throws ProducerClosedError */
  assertOpen(): void;
  /** A message is being accepted. Returns the time, in ms of the clock. */
  arriving(): number;
  /** Returns the sequence below which messages are on disk, so that they are not dropped. */
  droppableFrom(): number;
  /** Drops an accepted message in favour of a newer one, and settles it. */
  drop(sequence: number): void;
  /** A caller has waited long for capacity. */
  readonly waitedLong?: (() => void) | undefined;
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
      context.waitedLong?.();
      this.#fullLog.waited(ms);
    };
    this.#room = new Room(waitedLong, () => this.opened());
  }

  /** Whether the queue is below its high-water mark. */
  get hasRoom(): boolean {
    return this.#context.queue.fullness < this.#context.options.highWaterMark;
  }

  /** Whether callers wait for capacity. */
  get isAwaited(): boolean {
    return !this.#room.isEmpty;
  }

  /** Returns why `accept` would refuse a message of `bytes`, or undefined if it would not. @throws InvalidMessageError, QueueFullError */
  refusal(bytes: number): QueueFullError | undefined {
    const { queue, options, droppableFrom } = this.#context;
    if (queue.reserve(bytes) || options.whenFull === 'drop_newest') return undefined;
    if (options.whenFull !== 'drop_oldest') return queueFull(options.whenFull);
    queue.reserveByDropping(bytes, droppableFrom());
    return undefined;
  }

  /** Resolves once a message of `bytes` fits, while later callers still wait. @throws QueueFullError at the deadline */
  async untilRoomFor(bytes: number, options: WaitOptions): Promise<void> {
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
    this.#writer.prepare(input, this.#mark(options));
    try {
      if (this.#admit(this.#writer, options) === undefined) throw this.#refused();
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
    const writer = new RecordWriter();
    writer.prepare(input, this.#mark(options));
    const attempt = () => {
      const accepted = this.#admit(writer, options);
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

  #mark({ isError }: AcceptOptions): HeaderPair | undefined {
    const { topic, errorTopic } = this.#context.options.settings;
    return isError && topic === errorTopic ? ERROR_MARK : undefined;
  }

  #admit(writer: RecordWriter, accept: AcceptOptions): Accepted | undefined {
    const { options, queue, accounting, assertOpen, arriving, droppableFrom } = this.#context;
    assertOpen();
    const policy = {
      queue,
      drop: this.#drop,
      droppableFrom: droppableFrom(),
      whenFull: options.whenFull,
      now: arriving(),
    };
    const admission = admit(policy, writer, this.#flags(accept));
    if (admission === 'full') return undefined;
    accounting.counts.accepted++;
    if (admission === 'dropped') accounting.counts.dropped++;
    if (admission === 'dropped') this.#fullLog.say('dropped');
    return admission;
  }

  readonly #drop = (sequence: number): void => {
    this.#context.drop(sequence);
    this.#fullLog.say('dropped');
  };

  #flags({ isError, report, routed }: AcceptOptions): number {
    const reported = report || this.#context.options.listeners.length > 0;
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
