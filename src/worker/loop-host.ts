/** Runs a delivery loop for a caller that is reached by messages, on whichever thread this is. */

import { systemClock } from '../clock.ts';
import { endsProducer } from '../delivery/classify.ts';
import type { DeliveryEvents } from '../delivery/events.ts';
import { DeliveryLoop } from '../delivery/loop.ts';
import { asError } from '../errors.ts';
import type { Transport } from '../transport.ts';
import { toWire } from '../wire-error.ts';
import { ATTEMPT_WORDS, type ReportMessage, type ToCaller, type ToWorker, type WorkerStart } from './protocol.ts';

type Post = (message: ToCaller) => void;

/** Gathers deliveries, so that one message to the caller stands for all of one turn of the event loop. */
class Progress {
  readonly #post: Post;
  #leases = new Set<number>();
  #reports: ReportMessage[] = [];

  constructor(post: Post) {
    this.#post = post;
  }

  add(lease: number, report?: ReportMessage): void {
    if (this.#leases.size === 0) setImmediate(() => this.flush());
    this.#leases.add(lease);
    if (report !== undefined) this.#reports.push(report);
  }

  flush(): void {
    if (this.#leases.size === 0) return;
    this.#post({ type: 'progress', leases: [...this.#leases], reports: this.#reports });
    this.#leases.clear();
    this.#reports = [];
  }
}

/** The loop's events as messages. What was delivered is said before anything that came later. */
function eventsFor(post: Post, attempt: SharedArrayBuffer): DeliveryEvents & { flush(): void } {
  const progress = new Progress(post);
  const words = new Int32Array(attempt);
  const inOrder: Post = (message) => {
    progress.flush();
    post(message);
  };
  return {
    attempting(range, index) {
      words[ATTEMPT_WORDS.index] = index;
      words[ATTEMPT_WORDS.lease] = range.id;
    },
    attemptEnded() {
      words[ATTEMPT_WORDS.lease] = 0;
    },
    delivered(range, index, report) {
      // Also without figures: the caller's side settles such a message when its report has come.
      progress.add(range.id, range.reportWanted(index) ? { lease: range.id, index, ...report } : undefined);
    },
    condemned: ({ range, index }, attempts) =>
      inOrder({ type: 'condemned', messages: [{ lease: range.id, index, attempts }] }),
    connection: (state, error) => inOrder({ type: 'connection', state, ...(error && { error: toWire(error) }) }),
    log: (level, fields, message) => post({ type: 'log', level, fields, message }),
    flush: () => progress.flush(),
  };
}

export class LoopHost {
  readonly #loop: DeliveryLoop;
  readonly #events: ReturnType<typeof eventsFor>;
  readonly #post: Post;

  constructor(transport: Transport, { settings, attempt }: Pick<WorkerStart, 'settings' | 'attempt'>, post: Post) {
    this.#post = post;
    this.#events = eventsFor(post, attempt);
    this.#loop = new DeliveryLoop({ transport, settings, clock: systemClock, events: this.#events });
  }

  /** Resolves when the loop has ended: drained or aborted with the connection closed, or for want of a usable configuration. */
  async run(): Promise<void> {
    try {
      await this.#loop.run();
      this.#events.flush();
      this.#post({ type: 'closed' });
    } catch (error) {
      if (!endsProducer(asError(error))) throw error;
      this.#post({ type: 'failed', error: toWire(error) });
    }
  }

  receive(message: ToWorker): void {
    if (message.type === 'lease') this.#loop.offer(message.leases);
    else if (message.type === 'drain') this.#loop.drain(message.end);
    else this.#loop[message.type]();
  }
}
