/**
 * Notices that a broker has left the cluster while a transaction waits for an answer. A broker that hangs answers nothing and
 * closes no connection, so librdkafka waits for it up to a minute. The controller replaces such a broker when its session has
 * ended, after some seconds (`broker.session.timeout.ms`, 9 s by default). The metadata of the other brokers then no longer
 * names it.
 */

import type { MemberIds } from '../inspect/describe-cluster.ts';

/** Time in ms that an answer may take before brokers are asked. */
const QUIET_MS = 1000;
const PROBE_MS = 250;
/** Longest time in ms that a transaction waits for brokers to agree before it ends. */
const AGREE_MS = 3000;

export interface DeparturesContext {
  /** Ids of the brokers that the client counts on. */
  known(): readonly number[];
  /** Resolves with the brokers in the cluster. Rejects where none answers. */
  brokers(): Promise<MemberIds>;
  /** When the last answer came, in ms of `performance.now()`. */
  answeredAt(): number;
  /** Called when these brokers have left and there is still no answer. */
  departed(brokers: readonly number[]): void;
}

export class Departures {
  readonly #context: DeparturesContext;
  /** Brokers known when it began, or named since. */
  readonly #seen = new Set<number>();
  #departed: readonly number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #hadSilence = false;
  #isVain = false;

  constructor(context: DeparturesContext) {
    this.#context = context;
  }

  /** Checks every `PROBE_MS` until `stop`. */
  start(): void {
    this.#hadSilence = false;
    this.#seen.clear();
    for (const id of this.#context.known()) this.#seen.add(id);
    this.#departed = [];
    this.#watch();
  }

  /**
   * After a silence: resolves when all brokers of the cluster agree on who is in it, or when `goesOn` says no more, or after
   * `AGREE_MS`. After that wait was in vain, the next one is left out: a broker may be there for others only.
   */
  async agreed(goesOn: () => boolean): Promise<void> {
    const end = performance.now() + AGREE_MS;
    while (this.#timer !== undefined && this.#hadSilence && !this.#isVain && goesOn()) {
      const named = await this.#context.brokers().catch(() => undefined);
      if (named?.isComplete) return;
      this.#isVain = performance.now() >= end;
      await new Promise((resolve) => setTimeout(resolve, PROBE_MS));
    }
  }

  #watch(): void {
    this.#timer = setTimeout(() => void this.#probe(), PROBE_MS).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #probe(): Promise<void> {
    const timer = this.#timer;
    if (!this.#isQuiet) this.#departed = [];
    else {
      const brokers = await this.#ask();
      if (this.#timer !== timer) return; // stopped, and perhaps started again
      if (brokers !== undefined) this.#note(brokers);
    }
    if (this.#timer === timer) this.#watch();
  }

  async #ask(): Promise<readonly number[] | undefined> {
    this.#hadSilence = true;
    for (const id of this.#context.known()) this.#seen.add(id);
    const named = await this.#context.brokers().catch(() => undefined);
    if (named?.isComplete) this.#isVain = false;
    return named?.ids;
  }

  get #isQuiet(): boolean {
    return performance.now() - this.#context.answeredAt() >= QUIET_MS;
  }

  /** Compares the brokers with those seen before. Calls `departed` with those that two checks miss, after any answers that have come. */
  #note(brokers: readonly number[]): void {
    const absent = [...this.#seen].filter((id) => !brokers.includes(id));
    for (const id of brokers) this.#seen.add(id);
    const twice = this.#isQuiet ? this.#departed.filter((id) => absent.includes(id)) : [];
    if (twice.length > 0) this.#context.departed(twice);
    else this.#departed = this.#isQuiet ? absent : [];
  }
}
