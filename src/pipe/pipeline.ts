/** Runs sources and the producers behind them, on the application's thread. They start together and end in order. */

import { exactly } from '../caller/wait-options.ts';
import type { AnyProducer, ProducerRuntime, RuntimeStats } from '../runtime.ts';
import { asError, OutspoolError, ProducerClosedError } from '../shared/errors.ts';
import type { Logger } from '../shared/log/logger.ts';
import { orAborted } from '../shared/util/abort.ts';
import type { Counts, Source } from './source.ts';

export interface PipelineOptions {
  readonly sources: readonly Source[];
  readonly runtime: Pick<ProducerRuntime, 'producers' | 'shutdown' | 'stats'>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Returns the error for a producer that can never start. */
  cannotStart(producer: string, error: unknown): Error;
}

/** Share of the end's time for messages in flight. The producers get the rest of the time. */
const IDLE_SHARE = 0.5;
/** Share of the remaining time for the last answers and checkpoints. */
const CLOSE_SHARE = 0.1;
/** Share of that time for outcomes that the producers' end decides, which are reported over many turns. */
const TELL_SHARE = 0.5;

/** Outcome of a pipeline. `error` is undefined if its input ended, or a signal ended it. */
export interface PipelineOutcome {
  readonly error: Error | undefined;
  /** Origin of the error: a source that failed, or a producer that can never start. Undefined without an error. */
  readonly failed: 'source' | 'producer' | undefined;
  readonly isInterrupted: boolean;
}

/** State of a pipeline at one moment. */
export interface PipelineStats extends RuntimeStats {
  /** Counts by the source's name. */
  readonly sources: Readonly<
    Record<string, Pick<Counts, 'read' | 'bad' | 'outcomes' | 'accepted'> & Pick<Source, 'type'>>
  >;
}

export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #ended = new AbortController();
  #unstartable: Error | undefined;

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  /** Runs until the sources have ended, one of them fails, or the signal is aborted. Then it ends everything in order. */
  async run(): Promise<PipelineOutcome> {
    const { signal } = this.#options;
    const error = await this.#tryRunning();
    await this.#end();
    return { error, failed: error && this.#failedPart(error), isInterrupted: signal.aborted };
  }

  /** Returns the state of every producer, route and source at this moment. */
  stats(): PipelineStats {
    const { runtime, sources } = this.#options;
    const counts = sources.map(({ name, type, counts: { read, bad, outcomes, accepted } }) => {
      return [name, { type, read, bad, outcomes, accepted }] as const;
    });
    return { ...runtime.stats(), sources: Object.fromEntries(counts) };
  }

  async #tryRunning(): Promise<Error | undefined> {
    const { sources, runtime, signal } = this.#options;
    try {
      for (const source of sources) await source.open();
      if (signal.aborted) return undefined;
      const work = Promise.all([...sources.map((source) => source.run())]);
      const cannotStart = runtime.producers.map((producer) => this.#started(producer));
      await orAborted(Promise.race([work, ...cannotStart]), signal);
      return undefined;
    } catch (thrown) {
      return asError(thrown);
    }
  }

  #failedPart(error: Error): 'source' | 'producer' {
    return error === this.#unstartable ? 'producer' : 'source';
  }

  /** Rejects when a producer can never start. While it only has no connection, its queue holds the messages. */
  async #started(producer: AnyProducer): Promise<never> {
    try {
      await producer.start({ timeout: Number.POSITIVE_INFINITY, signal: this.#ended.signal });
    } catch (error) {
      const isOutage = error instanceof OutspoolError && error.retriable;
      const isOver = error instanceof ProducerClosedError && this.#ended.signal.aborted;
      if (!isOutage && !isOver) {
        this.#unstartable = this.#options.cannotStart(producer.name, error);
        throw this.#unstartable;
      }
    }
    return new Promise(() => {});
  }

  /** Ends in order: the sources stop, the messages in flight settle, the producers shut down, and the sources close. */
  async #end(): Promise<void> {
    const { sources, runtime, timeoutMs } = this.#options;
    const end = performance.now() + timeoutMs;
    const left = () => Math.max(0, end - performance.now());
    for (const source of sources) source.stop();
    await this.#idle(left() * IDLE_SHARE);
    this.#ended.abort();
    await runtime.shutdown(exactly(left() * (1 - CLOSE_SHARE)));
    await within(left() * TELL_SHARE, () => this.#sourcesIdle());
    await Promise.all(sources.map((source) => this.#close(source)));
  }

  /** Waits until the outcome of every message is known, `ms` at most. */
  async #idle(ms: number): Promise<void> {
    const { runtime } = this.#options;
    await within(ms, async (late) => {
      await this.#sourcesIdle();
      await Promise.all(
        runtime.producers.map((producer) => producer.flush(exactly(ms), { signal: late }).catch(() => {})),
      );
    });
  }

  async #sourcesIdle(): Promise<void> {
    await Promise.all(this.#options.sources.map((source) => source.idle()));
  }

  /** Closes one source. An error is only logged, so that the others are closed too. */
  async #close(source: Source): Promise<void> {
    const { logger } = this.#options;
    await source
      .close()
      .catch((thrown) => logger.error({ source: source.name, err: asError(thrown).message }, 'at the end'));
  }
}

/** Waits for `work`, at most `ms`. */
async function within(ms: number, work: (late: AbortSignal) => Promise<void>): Promise<void> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ms);
  try {
    await orAborted(work(late.signal), late.signal);
  } finally {
    clearTimeout(timer);
  }
}
