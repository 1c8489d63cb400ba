/** Passes the lines of an input to the sink in order, with a bound on lines in flight. Every line gets an outcome or an error. */

import { Repeats } from '../shared/log/log-throttle.ts';
import type { Logger } from '../shared/log/logger.ts';
import type { Clock } from '../shared/util/clock.ts';
import { type Deferred, deferred } from '../shared/util/deferred.ts';
import { InFlight } from './in-flight.ts';
import { BadLineError } from './lines/bad-line.ts';
import type { LineMessage } from './lines/envelope.ts';
import { type CutLine, tooLong } from './lines/lines.ts';
import { type LineFormat, sourceLine } from './lines/source-line.ts';
import { type Delivery, type Handed, MEANING, type Outcome } from './sink.ts';
import type { Counts } from './source.ts';

/** Bounds that keep a producer busy. The queue behind it has bounds of its own. */
const BOUNDS = { maxLines: 2000, maxBytes: 16 * 2 ** 20 };

/** Pause, in ms, before a message is offered again to a full producer with `when_full: reject`. */
const ASK_AGAIN_MS = 50;

/** Advice in the error of a bad line that ends the pipeline. */
const PASS_OVER = "'on_bad_line: skip' passes over such lines";

/** Outcomes of messages that no producer has kept and that no dead letter reports. */
const NOT_ACCEPTED: ReadonlySet<Outcome> = new Set<Outcome>(['full', 'closed', 'withdrawn']);

export interface LineFeedOptions {
  readonly source: string;
  readonly format: LineFormat & { readonly on_bad_line: 'stop' | 'skip' };
  readonly maxLineBytes: number;
  readonly delivery: Delivery;
  readonly counts: Counts;
  readonly logger: Logger;
  readonly clock: Clock;
}

export interface PlacedLine<Mark> {
  readonly line: CutLine;
  readonly file: string;
  /** Position in the input after the line. */
  readonly mark: Mark;
}

export class LineFeed<Mark> {
  readonly #options: LineFeedOptions;
  readonly #inFlight = new InFlight<Mark>(BOUNDS);
  readonly #stopped = new AbortController();
  readonly #repeats: Repeats;
  readonly #failed: Deferred<never> = deferred();
  #failure: unknown;
  #firstRefused: number | undefined;

  constructor(options: LineFeedOptions) {
    this.#options = options;
    this.#repeats = new Repeats(options.clock, this.#stopped.signal);
    // `take` throws the error as well, so a rejection must not count as unhandled.
    this.#failed.promise.catch(() => {});
  }

  /** Rejects when the feed cannot continue. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Waits for capacity and passes the line on. @throws BadLineError, or the error that ended the feed before */
  async take(placed: PlacedLine<Mark>): Promise<void> {
    if (!this.#inFlight.hasRoom) await this.#inFlight.room();
    this.#throwFailure();
    const message = this.#messageOf(placed);
    const done = this.#inFlight.add(placed.mark, placed.line.bytes.length);
    if (message === undefined) return done(true);
    this.#options.counts.read++;
    void this.#hand(message, placed).then(done);
  }

  /** Returns undefined for a bad line that is skipped. */
  #messageOf(placed: PlacedLine<Mark>): LineMessage | undefined {
    const { line, file } = placed;
    const { format, maxLineBytes, counts } = this.#options;
    try {
      if (line.isTooLong) throw tooLong({ file, line: line.number, column: 1 }, maxLineBytes);
      return sourceLine(line, file, format);
    } catch (error) {
      if (!(error instanceof BadLineError)) throw error;
      counts.bad++;
      this.#bad(error);
      return undefined;
    }
  }

  /** Reports a bad line. @throws the error with `on_bad_line: stop` */
  #bad(error: BadLineError): void {
    const { format, logger, source } = this.#options;
    if (format.on_bad_line === 'stop') throw error.advised(PASS_OVER);
    this.#repeats.say('bad line', (more) => logger.warn({ source, ...more }, `left out: ${error.message}`));
  }

  /** Resolves with whether the line need not be read again. */
  async #hand(message: LineMessage, placed: PlacedLine<Mark>): Promise<boolean> {
    const handed = await this.#untilThereIsRoom(message);
    this.#options.counts.add(handed.outcome);
    if (NOT_ACCEPTED.has(handed.outcome)) this.#firstRefused ??= placed.line.number;
    if (handed.outcome === 'invalid') return this.#invalid(handed, placed);
    if (handed.outcome === 'closed') this.#fail(handed.error);
    return MEANING[handed.outcome].isSettled;
  }

  async #untilThereIsRoom(message: LineMessage): Promise<Handed> {
    const { delivery, clock } = this.#options;
    for (;;) {
      const handed = await delivery.hand(message, Number.POSITIVE_INFINITY);
      if (handed.outcome !== 'full' || this.#stopped.signal.aborted) return handed;
      await clock.sleep(ASK_AGAIN_MS, this.#stopped.signal);
    }
  }

  /** Treats a message that no producer accepts like a line that cannot be parsed. Returns whether the line is done. */
  #invalid({ error }: Handed, { file, line }: PlacedLine<Mark>): boolean {
    const bad = new BadLineError({ file, line: line.number, column: 1 }, (error as Error).message, { cause: error });
    this.#options.counts.bad++;
    try {
      this.#bad(bad);
      return true;
    } catch (thrown) {
      this.#fail(thrown);
      return false;
    }
  }

  /** Ends the feed. The first failure is kept, because it causes the others. After `stop` producers may have ended. */
  #fail(error: unknown): void {
    if (this.#stopped.signal.aborted) return;
    this.#failure ??= error;
    this.#failed.reject(error);
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Position from which lines would have to be read again if the process ended now. */
  get safeThrough(): Mark | undefined {
    return this.#inFlight.safeThrough;
  }

  /** Number of the first line that was read and not accepted. Lines are accepted in order. */
  get firstRefused(): number | undefined {
    return this.#firstRefused;
  }

  /** Stops offering messages that a full producer has refused. */
  stop(): void {
    this.#stopped.abort();
  }

  async idle(): Promise<void> {
    await this.#inFlight.empty();
  }

  /** Resolves once no line is in flight. @throws the error that ended the feed */
  async finish(): Promise<void> {
    await this.idle();
    this.#throwFailure();
  }
}
