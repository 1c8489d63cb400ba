/** Provides one check with its topic, its subjects, all that they logged, and a way to kill their workers. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { Worker } from 'node:worker_threads';
import type { DeadLetter } from '../../caller/dead-letters/dead-letter.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { ContractFactory, ContractOptions, ContractSubject, FactoryOptions } from './subject.ts';

const CLEANUP_MS = 1000;

/** A subject whose dead letters are kept. */
export interface BenchSubject extends ContractSubject {
  readonly deadLetters: readonly DeadLetter[];
}

type Wishes = Partial<FactoryOptions>;

export class Bench {
  /** Topic that nothing else uses. */
  readonly topic: string;
  readonly options: ContractOptions;
  /** All log lines, as a logger that writes all fields would show them. */
  readonly lines: string[] = [];
  readonly #factory: ContractFactory;
  readonly #producers: ContractSubject['producer'][] = [];
  readonly #workers = new Set<Worker>();
  readonly #folders: string[] = [];
  #building = 0;
  readonly #noteWorker = (worker: Worker): void => {
    if (this.#building > 0) return; // belongs to the factory, because a producer starts its thread with its first message
    this.#workers.add(worker);
    worker.once('exit', () => this.#workers.delete(worker));
  };

  constructor(topic: string, factory: ContractFactory, options: ContractOptions) {
    this.topic = topic;
    this.#factory = factory;
    this.options = options;
    process.on('worker', this.#noteWorker);
  }

  /** Makes a subject, whose producer is shut down after the check. */
  async subject(wishes: Wishes = {}): Promise<BenchSubject> {
    const deadLetters: DeadLetter[] = [];
    const options = { logger: this.#logger(), deadLetter: (letter: DeadLetter) => void deadLetters.push(letter) };
    const asked = { unavailable: false, settings: {}, ...wishes, options: { ...options, ...wishes.options } };
    const subject = await this.#build(asked);
    this.#producers.push(subject.producer);
    return { ...subject, getMessageFromTopic: subject.getMessageFromTopic.bind(subject), deadLetters };
  }

  async #build(asked: FactoryOptions): Promise<ContractSubject> {
    this.#building++;
    try {
      return await this.#factory(asked);
    } finally {
      this.#building--;
    }
  }

  /** Creates a directory for this check. */
  folder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'outspool-contract-'));
    this.#folders.push(folder);
    return folder;
  }

  /** Number of worker threads that this check has running. */
  get workers(): number {
    return this.#workers.size;
  }

  /** Terminates all worker threads of this check at once, as running out of memory would. */
  async killWorkers(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.terminate()));
  }

  /** Waits until a condition holds. @throws AssertionError when it does not within the timeout */
  async until(holds: () => boolean, what: string, timeoutMs = 60_000): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (!holds()) {
      assert.ok(performance.now() < end, `not within ${timeoutMs} ms: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#producers.map((producer) => producer.shutdown(CLEANUP_MS)));
    process.off('worker', this.#noteWorker);
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }

  #logger(): Logger {
    const note = (fields: Readonly<Record<string, unknown>>, message: string) =>
      void this.lines.push(`${message} ${inspect(fields, { depth: 10 })}`);
    return { debug: note, info: note, warn: note, error: note };
  }
}
