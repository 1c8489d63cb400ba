/** Produces the messages of a plan at an even pace, and writes down what becomes of each. */

import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaProducer } from '../../../src/kinds/kafka/kafka-producer.ts';
import { ProducerClosedError } from '../../../src/shared/errors.ts';
import type { Logger } from '../../../src/shared/log/logger.ts';
import type { Entry } from './journal.ts';
import { type Config, directoryOf } from './kinds.ts';
import { messageOf, numberIn, type Plan } from './plan.ts';

const TICK_MS = 10;
const SHUTDOWN_MS = 5000;

export type Take = (entry: Entry) => void;

export class Load {
  readonly #config: Config;
  readonly #take: Take;
  readonly #producer: KafkaProducer;
  readonly #plan: Plan;
  #next = 0;
  #isStopped = false;

  constructor(config: Config, plan: Plan, take: Take) {
    this.#config = config;
    this.#plan = plan;
    this.#take = take;
    this.#producer = new KafkaProducer(config, {
      logger: logger(take),
      deadLetter: ({ message, reason }) => take(['refused', numberIn(message.value), Date.now(), reason]),
      deliveryReport: (error, { message, partition, offset, timestamp }) => {
        if (error !== null) return;
        take(['delivered', numberIn(message.value), Date.now(), partition ?? -1, offset ?? -1, timestamp ?? undefined]);
      },
    });
  }

  start = () => this.#producer.start();

  flush = (ms: number) => this.#producer.flush(ms);

  burst(count: number): void {
    for (const end = this.#next + count; this.#next < end && !this.#isStopped; this.#next++) this.#produce(this.#next);
  }

  /** A producer that has failed takes no more; its log says why. */
  #produce(id: number): void {
    try {
      this.#producer.produce(messageOf(this.#plan, id));
      this.#take(['accepted', id, Date.now()]);
    } catch (error) {
      if (!(error instanceof ProducerClosedError)) throw error;
      this.stop();
    }
  }

  /** Until `count` messages more have been produced or it is stopped. */
  async pace(rate: number, count = Number.POSITIVE_INFINITY): Promise<void> {
    const [first, began] = [this.#next, Date.now()];
    while (!this.#isStopped && this.#next - first < count) {
      const due = Math.floor(((Date.now() - began) / 1000) * rate);
      this.burst(Math.max(0, Math.min(due, count) - (this.#next - first)));
      await sleep(TICK_MS);
    }
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Waits at most so long until everything has settled. */
  async end(drainMs: number): Promise<void> {
    const { remaining } = await this.#producer.flush(drainMs);
    await this.#producer.shutdown(SHUTDOWN_MS);
    const directory = directoryOf(this.#config);
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
    this.#take(['ended', remaining]);
  }
}

function logger(take: Take): Logger {
  const at = (level: string) => (fields: Readonly<Record<string, unknown>>, text: string) =>
    take(['log', level, Date.now(), [text, ...details(fields)].join(' ')]);
  return { debug: () => {}, info: at('info'), warn: at('warn'), error: at('error') };
}

/** What a line says beside its text. */
const details = ({ producer: _, ...fields }: Readonly<Record<string, unknown>>) =>
  Object.entries(fields).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
