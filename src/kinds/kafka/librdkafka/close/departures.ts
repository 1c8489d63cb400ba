/**
 * Notices that a broker has left the cluster while something waits for an answer. A broker that hangs answers nothing and closes
 * no connection, so librdkafka waits for it up to a minute; the controller replaces it when its session has ended, after some
 * seconds (`broker.session.timeout.ms`, 9 s unless set), and the other brokers then name it no more.
 */

/** So long an answer may take before brokers are asked. */
const QUIET_MS = 1000;
const LOOK_MS = 250;

export interface DeparturesContext {
  /** The ids of the brokers in the cluster. Rejects where none answers. */
  brokers(): Promise<readonly number[]>;
  /** When the last answer came, in ms of `performance`. */
  answeredAt(): number;
  /** These have left, and there is still no answer. */
  departed(brokers: readonly number[]): void;
}

export class Departures {
  readonly #context: DeparturesContext;
  /** Since the last answer. */
  readonly #seen = new Set<number>();
  #departed: readonly number[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(context: DeparturesContext) {
    this.#context = context;
  }

  /** Looks until `stop`. */
  start(): void {
    this.#timer = setTimeout(() => void this.#look(), LOOK_MS).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    const timer = this.#timer;
    const brokers = this.#isQuiet ? await this.#context.brokers().catch(() => undefined) : [];
    if (this.#timer !== timer) return; // stopped, and perhaps started again
    if (brokers !== undefined) this.#note(brokers);
    if (this.#timer === timer) this.start();
  }

  get #isQuiet(): boolean {
    return performance.now() - this.#context.answeredAt() >= QUIET_MS;
  }

  /** What waited for a replica that has left may have its answer now, so it is left to itself for one look more. */
  #note(brokers: readonly number[]): void {
    if (!this.#isQuiet) {
      this.#seen.clear();
      this.#departed = [];
    } else if (this.#departed.length > 0) this.#context.departed(this.#departed);
    else this.#departed = [...this.#seen].filter((id) => !brokers.includes(id));
    for (const id of brokers) this.#seen.add(id);
  }
}
