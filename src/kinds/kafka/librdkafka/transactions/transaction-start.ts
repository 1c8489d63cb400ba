/** Starts a transactional client: ends the transaction that an earlier one left open, and reads whether it took effect. */

import type { PlacedMark } from './group-offsets.ts';
import type { TransactionCalls } from './transaction-calls.ts';
import type { Committed, TransactionMemory } from './transaction-memory.ts';

export interface StartContext {
  /** The id of the producer instance that numbers the messages. */
  readonly run: string;
  readonly memory: TransactionMemory;
  /** Reads the marks that are committed under `group`. @throws ConnectError */
  readMarks(group: string, signal: AbortSignal): Promise<readonly PlacedMark[]>;
}

export class TransactionStart {
  readonly #calls: TransactionCalls;
  readonly #group: string;
  readonly #context: StartContext;
  /** Whether the client is ready, after which it does not accept a second call. */
  #isReady = false;

  constructor(calls: TransactionCalls, group: string, context: StartContext) {
    this.#calls = calls;
    this.#group = group;
    this.#context = context;
  }

  /** Makes the first call early, so that librdkafka looks for a broker. By itself it does so only after a second. */
  async prepare(): Promise<void> {
    try {
      await this.#calls.init(() => false);
      this.#isReady = true;
    } catch {} // `init` fails with the same error again
  }

  /** @throws TransactionError, ConnectError */
  async init(signal: AbortSignal): Promise<Committed> {
    if (!this.#isReady) await this.#calls.init(() => !signal.aborted);
    const { memory } = this.#context;
    const { known } = memory;
    memory.known = undefined;
    return known ?? this.#readMarks(signal);
  }

  async #readMarks(signal: AbortSignal): Promise<Committed> {
    const marks = await this.#context.readMarks(this.#group, signal);
    const own = marks.filter(({ run }) => run === this.#context.run);
    const last = own.sort((a, b) => b.count - a.count)[0];
    return { count: last?.count ?? 0, last };
  }
}
