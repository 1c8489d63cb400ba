/** Where messages come in: at once, when there is room, or not at all. */

import type { MessageInput } from '../message.ts';
import type { MessageQueue } from '../queue/message-queue.ts';
import { FLAG_ERROR, FLAG_REPORT } from '../queue/record.ts';
import { type HeaderPair, RecordWriter } from '../queue/record-writer.ts';
import type { Accounting } from './accounting.ts';
import { type Admission, admit, queueFull } from './admission.ts';
import type { EngineOptions } from './options.ts';
import { Room } from './room.ts';
import type { WaitOptions } from './waiting.ts';

const ERROR_MARK: HeaderPair = ['outspool-is-error', 'true'];

/** What was accepted: under which number, or that the policy dropped it at once. */
export type Accepted = Exclude<Admission, 'full'>;

export interface AcceptOptions {
  readonly isError: boolean;
  /** Somebody waits for the broker's report. */
  readonly report: boolean;
}

export interface IntakeContext {
  readonly options: EngineOptions;
  readonly queue: MessageQueue;
  readonly accounting: Accounting;
  /** A message is coming in. Returns the time, in ms of the clock. */
  arriving(): number;
  /** Settles a message that had been accepted as dropped for a newer one. */
  drop(sequence: number): void;
}

export class Intake {
  readonly #context: IntakeContext;
  readonly #writer = new RecordWriter();
  readonly #room = new Room();
  #opening: NodeJS.Immediate | undefined;

  constructor(context: IntakeContext) {
    this.#context = context;
  }

  /** Below the high-water mark. */
  get hasRoom(): boolean {
    return this.#context.queue.fullness < this.#context.options.highWaterMark;
  }

  /** @throws InvalidMessageError, QueueFullError; the message was then not accepted */
  accept(input: MessageInput, options: AcceptOptions): void {
    this.#writer.prepare(input, this.#mark(options));
    try {
      if (this.#admit(this.#writer, options) === undefined) throw queueFull(this.#context.options.whenFull);
    } finally {
      this.#writer.clear();
    }
  }

  /**
   * The same, but waits for room where the policy is to wait. `then` is called in the very turn in which the message is
   * accepted: a later message of that turn may already push it out.
   */
  async acceptWhenRoom<T = Accepted>(
    input: MessageInput,
    options: AcceptOptions,
    wait: WaitOptions,
    then: (accepted: Accepted) => T = (accepted) => accepted as T,
  ): Promise<T> {
    // A writer of its own: the message is taken as it is now, not as it will be when there is room.
    const writer = new RecordWriter();
    writer.prepare(input, this.#mark(options));
    return this.#room.until(() => {
      const accepted = this.#admit(writer, options);
      if (accepted === undefined && this.#context.options.whenFull === 'reject') throw queueFull('reject');
      return accepted && then(accepted);
    }, wait);
  }

  /** Errors that go where everything else goes say so in a header. */
  #mark({ isError }: AcceptOptions): HeaderPair | undefined {
    const { topic, errorTopic } = this.#context.options.settings;
    return isError && topic === errorTopic ? ERROR_MARK : undefined;
  }

  #admit(writer: RecordWriter, { isError, report }: AcceptOptions): Accepted | undefined {
    const { options, queue, accounting, arriving, drop } = this.#context;
    const flags = (isError ? FLAG_ERROR : 0) | (report || options.listeners.length > 0 ? FLAG_REPORT : 0);
    const policy = { queue, drop, whenFull: options.whenFull, now: arriving() };
    const admission = admit(policy, writer, flags);
    if (admission === 'full') return undefined;
    accounting.counts.accepted++;
    if (admission === 'dropped') accounting.counts.dropped++;
    return admission;
  }

  /** Resolves once there is room below the high-water mark. @throws QueueFullError at the deadline */
  async untilRoom(options: WaitOptions): Promise<true> {
    return this.#room.until(() => (this.hasRoom ? true : undefined), options);
  }

  /**
   * There may be room again. Whoever waits goes on in a turn of the event loop of its own: going on in the turn that
   * brought the worker's message starves the loop, because more such messages keep coming.
   */
  opened(): void {
    if (this.#room.isEmpty) return;
    this.#opening ??= setImmediate(() => {
      this.#opening = undefined;
      this.#room.opened();
    });
  }

  /** Nothing comes in any more. */
  close(error: Error): void {
    this.#room.close(error);
  }
}
