/** Sources and the producers behind them, from the first line to the last: begun together, and ended in order. */

import { exactly } from '../caller/wait-options.ts';
import type { AnyProducer, ProducerRuntime } from '../runtime.ts';
import { asError, OutspoolError, ProducerClosedError } from '../shared/errors.ts';
import type { Logger } from '../shared/log/logger.ts';
import { orAborted } from '../shared/util/abort.ts';
import type { Source } from './source.ts';

export interface PipelineOptions {
  readonly sources: readonly Source[];
  readonly runtime: Pick<ProducerRuntime, 'producers' | 'shutdown'>;
  readonly logger: Logger;
  /** Aborted when the pipeline is to end. */
  readonly signal: AbortSignal;
  /** How long the end may take, in ms. */
  readonly timeoutMs: number;
  /** What to say of a producer that can never start. */
  cannotStart(producer: string, error: unknown): Error;
}

/** Of the time for the end, this much is for what is on its way; what is left of it is the producers'. */
const IDLE_SHARE = 0.5;
/** And this much of the rest for the last answers and checkpoints. */
const CLOSE_SHARE = 0.1;
/** Of that, this much for what the end of the producers settles: when thousands wait, a part is told in each turn. */
const TELL_SHARE = 0.5;

/** What became of a pipeline: `error` is what ended it, where that was neither its input nor a signal. */
export interface PipelineOutcome {
  readonly error: Error | undefined;
  /** Where the error comes from: a source that has ended with it, or a producer that can never start. Undefined without an error. */
  readonly failed: 'source' | 'producer' | undefined;
  readonly isInterrupted: boolean;
}

export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #ended = new AbortController();
  #unstartable: Error | undefined;

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  /** Runs until the sources have ended, one of them fails, or the signal comes; then ends everything in order. */
  async run(): Promise<PipelineOutcome> {
    const { signal } = this.#options;
    const error = await this.#tryRunning();
    await this.#end();
    return { error, failed: error && this.#failedPart(error), isInterrupted: signal.aborted };
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

  /** Rejects when a producer can never start. That it has no connection yet is for its queue to bear. */
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

  /** Nothing more comes in; what did comes to its end; the producers end; the sources say what they know. */
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

  /** Waits until it is known what became of every message, as long as that is possible. */
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

  /** What one source has to say at its end must not keep the others from it. */
  async #close(source: Source): Promise<void> {
    const { logger } = this.#options;
    await source
      .close()
      .catch((thrown) => logger.error({ source: source.name, err: asError(thrown).message }, 'at the end'));
  }
}

/** Waits for `work`, `ms` at most. */
async function within(ms: number, work: (late: AbortSignal) => Promise<void>): Promise<void> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ms);
  try {
    await orAborted(work(late.signal), late.signal);
  } finally {
    clearTimeout(timer);
  }
}
