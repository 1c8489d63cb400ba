/** A worker without a thread. */

import type { Host, HostCallbacks } from '../../src/caller/link/host.ts';
import type { ToCaller, ToWorker, WorkerStart } from '../../src/shared/protocol.ts';
import { type NumberRun, runFrom } from '../../src/shared/sequence-ranges.ts';
import { SpoolWords } from '../../src/shared/spool-progress.ts';

/** A worker that does nothing, and says what the test has it say. */
export class SilentHost implements Host {
  readonly heard: ToWorker[] = [];
  readonly words: SpoolWords;
  readonly start: Omit<WorkerStart, 'source'>;
  readonly #callbacks: HostCallbacks;

  constructor(start: Omit<WorkerStart, 'source'>, callbacks: HostCallbacks) {
    this.start = start;
    this.words = new SpoolWords(start.spool?.words);
    this.#callbacks = callbacks;
  }

  post(message: ToWorker): void {
    this.heard.push(message);
    this.answers(message);
    if (message.type === 'closeSpool') queueMicrotask(() => this.say({ type: 'spoolClosed' }));
    if (message.type === 'abort') queueMicrotask(() => this.say({ type: 'closed' }));
  }

  say(message: ToCaller): void {
    this.#callbacks.message(message);
  }

  die(): void {
    this.#callbacks.exit(new Error('killed'));
  }

  /** The runs of all leases that have come. */
  get leases(): NumberRun[] {
    return this.heard.flatMap((message) =>
      message.type === 'lease' ? message.leases.map(({ sequence, count }) => runFrom(sequence, count)) : [],
    );
  }

  /** What it says to a message, where a test has it say something. */
  answers: (message: ToWorker) => void = () => {};

  onTerminate: () => Promise<void> = async () => {};

  terminate(): Promise<void> {
    return this.onTerminate();
  }
}
