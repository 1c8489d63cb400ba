/** A durable producer that runs a program, and beside it, in a few lines, what must come of that. */

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { DeadLetter } from '../../src/caller/dead-letters/dead-letter.ts';
import type { ShutdownOutcome } from '../../src/caller/settlement/accounting.ts';
import type { Logger } from '../../src/shared/log/logger.ts';
import type { MessageInput } from '../../src/shared/message/message.ts';
import { quiet } from '../support/quiet.ts';
import { type Script, ScriptedProducer } from './processes/scripted-producer.ts';

const FLUSH_MS = 60_000;

/** Where a file is damaged, as parts of the whole. */
export interface Damage {
  readonly file: number;
  readonly at: number;
  readonly cut: boolean;
}

/** Settled for good by a producer that has ended. */
interface Totals {
  accepted: number;
  delivered: number;
  deadLettered: number;
  undelivered: number;
}

/** In a small memory every message is read back from disk; in a large one it waits there for its turn. */
const MEMORY = {
  small: { max_messages: 50, max_bytes: '64KiB' },
  large: { max_messages: 5000, max_bytes: '1MiB' },
} as const;
export type Memory = keyof typeof MEMORY;

export class Subject {
  readonly #directory: string;
  readonly #memory: Memory;
  #producer: ScriptedProducer;
  /** Everything that was accepted, in order. */
  readonly #accepted: Script[] = [];
  /** Those of which somebody was told that they are safe. */
  readonly #safe = new Set<number>();
  readonly #letters = new Set<number>();
  readonly #totals: Totals = { accepted: 0, delivered: 0, deadLettered: 0, undelivered: 0 };
  #spooled = 0;
  #next = 0;
  #expired = 0;
  #damages = 0;
  /** Messages that the log says were lost; Infinity where it cannot say how many. */
  #reported = 0;
  /** Whether the log says that an end was cut off of which nothing had been promised. */
  #wasCutOff = false;
  /** Whether a message may come twice: a worker has died, or an attempt was given up at a deadline. */
  #mayRepeat = false;
  /** Whether the last one had no time to write down what had settled: the next one has it again. */
  #mayRecoverMore = false;
  /** So much was there again. */
  #repeated = 0;

  constructor(directory: string, memory: Memory) {
    this.#directory = directory;
    this.#memory = memory;
    this.#producer = this.#start();
  }

  get #path(): string {
    return join(this.#directory, 'delivered');
  }

  #start(): ScriptedProducer {
    const queue = {
      ...MEMORY[this.#memory],
      spool: { path: join(this.#directory, 'spool'), sync: '0ms' },
    };
    const retries = { max_retries: 1, backoff_seconds: 0.01, connect_timeout_seconds: 1 };
    const config = { type: 'custom', name: 'model', path: this.#path, queue, ...retries };
    const deadLetter = async ({ message }: DeadLetter) =>
      void this.#letters.add((message.json() as unknown as Script).id);
    return new ScriptedProducer(config, { logger: this.#logger, deadLetter });
  }

  get #logger(): Logger {
    const error = ({ trouble }: Readonly<Record<string, unknown>>) => {
      if (typeof trouble !== 'string') return;
      if (trouble.includes('are lost')) this.#reported += lostIn(trouble);
      if (trouble.includes('half-written')) this.#wasCutOff = true;
    };
    return { ...quiet, error };
  }

  #script(script: Omit<Script, 'id'>): { script: Script; input: MessageInput } {
    const numbered = { id: this.#next++, ...script };
    if (script.fate === 'deadly') this.#mayRepeat = true;
    return { script: numbered, input: { value: { ...numbered } } };
  }

  /** Accepted, and not promised. A full queue refuses it. */
  produce(count: number, kind: Omit<Script, 'id'>): void {
    for (let n = 0; n < count; n++) {
      const { script, input } = this.#script(kind);
      try {
        this.#producer.produce(input);
        this.#accepted.push(script);
      } catch (error) {
        expect((error as Error).name).to.equal('QueueFullError');
      }
    }
  }

  /** Accepted and promised. */
  async enqueue(count: number, kind: Omit<Script, 'id'>, timeout = FLUSH_MS): Promise<void> {
    const promised = Array.from({ length: count }, async () => {
      const { script, input } = this.#script(kind);
      const outcome = await this.#producer.enqueue(input, { timeout }).then(() => 'safe', outcomeOf);
      if (outcome === 'withdrawn') this.#expired++;
      if (outcome === 'safe' || outcome === 'unknown') this.#accepted.push(script);
      if (outcome === 'safe') this.#safe.add(script.id);
    });
    await Promise.all(promised);
  }

  outage(begins: boolean): void {
    if (begins) writeFileSync(`${this.#path}.down`, '');
    else rmSync(`${this.#path}.down`, { force: true });
  }

  async flush(): Promise<void> {
    if (existsSync(`${this.#path}.down`)) return;
    const { remaining } = await this.#producer.flush(FLUSH_MS);
    expect(remaining).to.equal(0);
  }

  /** A file of the spool is damaged while nobody uses it. */
  async corrupt(damage: Damage): Promise<void> {
    await this.#end(30);
    const path = join(this.#directory, 'spool');
    const files = existsSync(path) ? readdirSync(path).filter((name) => /segment$|\.log$/.test(name)) : [];
    if (files.length > 0) this.#damage(join(path, pickOf(files, damage.file)), damage);
    this.#producer = this.#start();
    await this.check();
  }

  #damage(path: string, { at, cut }: Damage): void {
    const bytes = readFileSync(path);
    const place = Math.floor(at * bytes.length);
    bytes[place] = (bytes[place] ?? 0) ^ 0x10;
    writeFileSync(path, cut ? bytes.subarray(0, place) : bytes);
    this.#damages++;
  }

  async restart(timeoutMs: number): Promise<void> {
    await this.#end(timeoutMs);
    this.#producer = this.#start();
    await this.check();
  }

  async #end(timeoutMs: number): Promise<ShutdownOutcome> {
    const mayBeClosed = this.#producer.stats().connection === 'disconnected';
    const outcome = await this.#producer.shutdown(timeoutMs);
    if (outcome.timedOut) this.#mayRepeat = true;
    const { accepted, recovered } = this.#producer.stats();
    // A producer that ended before its worker had opened the spool: what is in there, is there still.
    const isUntouched = mayBeClosed && recovered + outcome.spooled === 0;
    const untouched = isUntouched ? this.#spooled : 0;
    this.#balance(accepted, recovered + untouched, { ...outcome, spooled: outcome.spooled + untouched });
    this.#mayRecoverMore = outcome.timedOut || (isUntouched && this.#mayRecoverMore);
    return outcome;
  }

  #balance(accepted: number, recovered: number, outcome: ShutdownOutcome): void {
    const { delivered, deadLettered, undelivered, dropped, expired, spooled } = outcome;
    expect(expired).to.equal(this.#expired);
    this.#expired = 0;
    expect(accepted + recovered).to.equal(delivered + deadLettered + undelivered + dropped + expired + spooled);
    const more = recovered - this.#spooled;
    if (this.#damages === 0)
      expect(more, 'what the last one has left').to.be.within(0, this.#mayRecoverMore ? Infinity : 0);
    if (this.#damages === 0) expect(dropped).to.equal(0);
    this.#repeated += more;
    this.#spooled = spooled;
    this.#totals.accepted += accepted - expired;
    this.#totals.delivered += delivered;
    this.#totals.deadLettered += deadLettered;
    this.#totals.undelivered += undelivered;
  }

  /** Holds at every moment; stats() throws where the books do not add up. */
  async check(): Promise<void> {
    const { dropped, pending, queued, inFlight } = this.#producer.stats();
    if (this.#damages === 0) expect(dropped).to.equal(0);
    expect(pending).to.equal(queued + inFlight);
  }

  async finish(): Promise<void> {
    this.outage(false);
    await this.#producer.start({ timeout: FLUSH_MS });
    await this.flush();
    expect((await this.#end(FLUSH_MS)).spooled).to.equal(0);
    if (this.#damages === 0) expect(this.#segments(), 'everything has settled').to.deep.equal([]);
    this.#compare();
  }

  #segments(): string[] {
    const path = join(this.#directory, 'spool');
    return existsSync(path) ? readdirSync(path).filter((name) => name.endsWith('.segment')) : [];
  }

  async abandon(): Promise<void> {
    await this.#producer.shutdown(0);
  }

  #compare(): void {
    const delivered = existsSync(this.#path) ? readFileSync(this.#path, 'utf8').trim().split('\n').map(Number) : [];
    const first = [...new Set(delivered)];
    const accepted = this.#accepted.toSorted((a, b) => a.id - b.id);
    const good = accepted.filter(({ fate }) => fate !== 'poison').map(({ id }) => id);
    const poison = accepted.filter(({ fate }) => fate === 'poison').map(({ id }) => id);
    const missing = [...good.filter((id) => !first.includes(id)), ...poison.filter((id) => !this.#letters.has(id))];
    expect(first, 'in the order of acceptance').to.deep.equal(good.filter((id) => first.includes(id)));
    expect(this.#totals.accepted).to.equal(this.#accepted.length);
    if (this.#damages > 0) this.#compareDamaged(missing);
    else this.#compareWhole(missing, delivered);
  }

  #compareWhole(missing: readonly number[], delivered: readonly number[]): void {
    const promised = missing.filter((id) => this.#safe.has(id));
    expect(promised, 'promised, and lost').to.deep.equal([]);
    expect(missing.length, 'neither delivered nor said to be undelivered').to.equal(this.#totals.undelivered);
    if (!this.#mayRepeat) expect(new Set(delivered).size, 'once each').to.equal(delivered.length);
    const { delivered: told, deadLettered } = this.#totals;
    expect(told + deadLettered - this.#repeated).to.equal(this.#accepted.length - missing.length);
  }

  /**
   * Nothing is missing without a word. Two damages can hide each other, however: it is the log's end that says what a
   * segment's end has lost.
   */
  #compareDamaged(missing: readonly number[]): void {
    if (this.#damages > 1) return;
    const promised = missing.filter((id) => this.#safe.has(id));
    expect(promised.length, 'lost without a word').to.be.at.most(this.#reported);
    const told = this.#wasCutOff ? Number.POSITIVE_INFINITY : this.#reported;
    expect(missing.length - this.#totals.undelivered, 'lost without a word').to.be.at.most(told);
  }
}

const pickOf = <T>(items: readonly T[], part: number): T => items[Math.floor(part * items.length)] as T;

const outcomeOf = (error: Error): string =>
  error instanceof Error && 'outcome' in error ? String(error.outcome) : 'refused';

/** How many messages a line of the log says are lost. */
function lostIn(trouble: string): number {
  const count = /(\d+) messages are lost/.exec(trouble)?.[1];
  return count === undefined ? Number.POSITIVE_INFINITY : Number(count);
}
