/** A followed file as a source; what is safe is remembered, so that a crash repeats lines but loses none. */

import type { Clock } from '../../clock.ts';
import { parseDuration } from '../../config/duration.ts';
import { checkpointOf, type LoadedSource } from '../../config/read-sources.ts';
import { reason } from '../../config/references.ts';
import { parseSize } from '../../config/size.ts';
import type { FileSourceConfig } from '../../config/sources.ts';
import { asError, ConfigError, OutspoolError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { LineFeed } from '../line-feed.ts';
import type { Delivery } from '../sink.ts';
import { Counts, type Source } from '../source.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { Follower } from './follower.ts';
import { lockCheckpoint } from './lock.ts';
import type { FileMark } from './open-file.ts';

export interface FileContext {
  readonly delivery: Delivery;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** So much is read again at most after a crash, beside what was on its way. */
const CHECKPOINT_MS = 1000;

export class FileSource implements Source {
  readonly type = 'file';
  readonly name: string;
  readonly counts = new Counts();
  readonly #source: LoadedSource;
  readonly #path: string;
  readonly #checkpoint: string;
  readonly #context: FileContext;
  readonly #follower: Follower;
  readonly #feed: LineFeed<FileMark>;
  readonly #stopped = new AbortController();
  #hasCheckpoint = false;
  #written: FileMark | undefined;
  #unlock = async () => {};
  #remembering = Promise.resolve();

  constructor(config: FileSourceConfig, source: LoadedSource, context: FileContext) {
    this.name = config.name;
    this.#source = source;
    this.#context = context;
    this.#checkpoint = checkpointOf(config);
    const maxLineBytes = parseSize(config.max_line_bytes);
    const common = { source: this.name, maxLineBytes, logger: context.logger, clock: context.clock };
    const { signal: stop } = this.#stopped;
    const { path, from } = config;
    this.#path = path;
    this.#follower = new Follower({ ...common, path, from, pollMs: parseDuration(config.poll_interval), stop });
    this.#feed = new LineFeed({ ...common, format: config, delivery: context.delivery, counts: this.counts });
  }

  /** @throws ConfigError when the checkpoint cannot be used, or the file not be read */
  async open(): Promise<void> {
    const checkpoint = await this.#orWrong('checkpoint', async () => {
      this.#unlock = await lockCheckpoint(this.#checkpoint);
      return readCheckpoint(this.#checkpoint);
    });
    const start = await this.#orWrong('path', () => this.#follower.begin(checkpoint));
    if (start !== undefined) await this.#orWrong('checkpoint', () => writeCheckpoint(this.#checkpoint, start));
    this.#hasCheckpoint = (checkpoint ?? start) !== undefined;
    const from = (checkpoint ?? start)?.offset;
    const where = from === undefined ? 'its start' : `byte ${from}`;
    this.#context.logger.info({ source: this.name }, `following ${this.#path} from ${where}`);
  }

  async #orWrong<T>(key: 'checkpoint' | 'path', work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { path, place } = this.#source;
      throw new ConfigError([{ ...place(key), path: `${path}.${key}`, message: wordsFor(error, key) }]);
    }
  }

  /** @throws BadLineError, ProducerClosedError, the system's error */
  async run(): Promise<void> {
    this.#remembering = this.#rememberAgainAndAgain();
    await Promise.race([Promise.all([this.#read(), this.#remembering]), this.#feed.failed]);
  }

  async #read(): Promise<void> {
    for await (const lines of this.#follower.lines()) {
      await this.#rememberFirst(lines[0]?.mark);
      for (const line of lines) if (!this.#stopped.signal.aborted) await this.#feed.take(line);
    }
  }

  /** A crash before anything is safe must find this file again, whatever it is called by then. */
  async #rememberFirst(mark: FileMark | undefined): Promise<void> {
    if (this.#hasCheckpoint || mark === undefined) return;
    this.#hasCheckpoint = true;
    await this.#orWrong('checkpoint', () => writeCheckpoint(this.#checkpoint, mark.in.begin));
  }

  async #rememberAgainAndAgain(): Promise<void> {
    const { clock, logger } = this.#context;
    const { signal } = this.#stopped;
    let isFailing = false;
    for (await clock.sleep(CHECKPOINT_MS, signal); !signal.aborted; await clock.sleep(CHECKPOINT_MS, signal)) {
      const error = await this.#remember().catch(asError);
      // It goes on without: at worst more is repeated after a crash.
      if (error !== undefined && !isFailing) logger.warn({ source: this.name, err: error.message }, 'no checkpoint');
      isFailing = error !== undefined;
    }
  }

  /** What is safe by now need not be read again. */
  async #remember(): Promise<undefined> {
    const mark = this.#feed.safeThrough;
    if (mark === undefined || mark === this.#written) return;
    await writeCheckpoint(this.#checkpoint, mark.in.position(mark));
    this.#written = mark;
  }

  stop(): void {
    this.#stopped.abort();
    this.#feed.stop();
  }

  async idle(): Promise<void> {
    await this.#feed.idle();
  }

  async close(): Promise<void> {
    await this.#follower.close();
    await this.#remembering;
    await this.#remember().finally(this.#unlock);
  }
}

/** A checkpoint that cannot be read says so itself. */
function wordsFor(error: unknown, key: 'checkpoint' | 'path'): string {
  if (error instanceof OutspoolError) return error.message;
  if (key === 'path') return `the file ${reason(error)}`;
  return `the checkpoint cannot be written (${(error as NodeJS.ErrnoException).code})`;
}
