/** Follows a file as a source, on the application's thread. After a crash, lines from the checkpoint on are repeated. */

import { dirname } from 'node:path';
import { parseDuration } from '../../config/schema/duration.ts';
import { parseSize } from '../../config/schema/size.ts';
import { checkpointOf, type LoadedSource } from '../../config/sources/read.ts';
import type { FileSourceConfig } from '../../config/sources/schema.ts';
import { reason } from '../../config/yaml/references.ts';
import { ConfigError, OutspoolError } from '../../shared/errors.ts';
import { folderRisk, ownTarget } from '../../shared/files/own-files.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Clock } from '../../shared/util/clock.ts';
import { retryPauseMs } from '../../worker/delivery/back-off.ts';
import { LineFeed } from '../line-feed.ts';
import type { Delivery } from '../sink.ts';
import { Counts, type Source } from '../source.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { Follower } from './follower.ts';
import { lockCheckpoint } from './lock.ts';
import type { FileMark } from './open-file.ts';
import { mayPass, Trouble } from './trouble.ts';

export interface FileContext {
  readonly delivery: Delivery;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Time, in ms, between two checkpoints. After a crash the lines of this time are read again, in addition to those in flight. */
const CHECKPOINT_MS = 1000;

/** Further attempts to write the last checkpoint, within 2 s. */
const LAST_TRIES = 4;

export class FileSource implements Source {
  readonly type = 'file';
  readonly name: string;
  readonly counts = new Counts();
  readonly #source: LoadedSource;
  readonly #path: string;
  /** Path of the checkpoint as configured, which may be a link. */
  readonly #named: string;
  #checkpoint: string;
  readonly #context: FileContext;
  readonly #follower: Follower;
  readonly #feed: LineFeed<FileMark>;
  readonly #stopped = new AbortController();
  readonly #starting: Trouble;
  readonly #writing: Trouble;
  #hasBegun = false;
  #hasCheckpoint = false;
  #written: FileMark | undefined;
  #unlock: (() => Promise<void>) | undefined;
  #remembering = Promise.resolve();

  constructor(config: FileSourceConfig, source: LoadedSource, context: FileContext) {
    this.name = config.name;
    this.#source = source;
    this.#context = context;
    this.#named = this.#checkpoint = checkpointOf(config);
    const maxLineBytes = parseSize(config.max_line_bytes);
    const common = { source: this.name, maxLineBytes, logger: context.logger, clock: context.clock };
    const { signal: stop } = this.#stopped;
    const { path, from } = config;
    this.#path = path;
    this.#follower = new Follower({ ...common, path, from, pollMs: parseDuration(config.poll_interval), stop });
    this.#starting = new Trouble(`following ${path}`, { ...common, stop });
    this.#writing = new Trouble(`writing the checkpoint ${this.#checkpoint}`, { ...common, stop });
    this.#feed = new LineFeed({ ...common, format: config, delivery: context.delivery, counts: this.counts });
  }

  /** Begins following. `run` retries a transient failure. @throws ConfigError when the checkpoint or the file cannot be used */
  async open(): Promise<void> {
    await this.#begin().catch((error) => this.#starting.report(error));
  }

  /** Begins following; may be called again after a failure. @throws ConfigError, or a transient error of the system */
  async #begin(): Promise<void> {
    if (this.#hasBegun) return;
    const checkpoint = await this.#orWrong('checkpoint', async () => {
      this.#checkpoint = await ownTarget(this.#named);
      this.#unlock ??= await lockCheckpoint(this.#checkpoint);
      return readCheckpoint(this.#checkpoint);
    });
    const start = await this.#orWrong('path', () => this.#follower.begin(checkpoint));
    if (start !== undefined) await this.#orWrong('checkpoint', () => writeCheckpoint(this.#checkpoint, start));
    this.#hasCheckpoint = (checkpoint ?? start) !== undefined;
    this.#hasBegun = true;
    this.#warnOfFolder();
    const from = (checkpoint ?? start)?.offset;
    const where = from === undefined ? 'its start' : `byte ${from}`;
    this.#context.logger.info({ source: this.name }, `following ${this.#path} from ${where}`);
  }

  /** Warns about the folder of the checkpoint. It is no error, because folders of logs often belong to another user. */
  #warnOfFolder(): void {
    const folder = dirname(this.#checkpoint);
    const risk = folderRisk(folder);
    const text = `the folder of the checkpoint ${folder} ${risk}: another one can be set with 'checkpoint'`;
    if (risk !== undefined) this.#context.logger.warn({ source: this.name }, text);
  }

  async #orWrong<T>(key: 'checkpoint' | 'path', work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (mayPass(error)) throw error;
      const { path, place } = this.#source;
      throw new ConfigError([{ ...place(key), path: `${path}.${key}`, message: wordsFor(error, key) }]);
    }
  }

  /** @throws BadLineError, ProducerClosedError, ConfigError */
  async run(): Promise<void> {
    await this.#starting.outlast(() => this.#begin());
    this.#remembering = this.#rememberAgainAndAgain();
    await Promise.race([Promise.all([this.#read(), this.#remembering]), this.#feed.failed]);
  }

  async #read(): Promise<void> {
    for await (const lines of this.#follower.lines()) {
      await this.#rememberFirst(lines[0]?.mark);
      for (const line of lines) if (!this.#stopped.signal.aborted) await this.#feed.take(line);
    }
  }

  /** Writes a first checkpoint before any line is safe, so that the file is found again even if it was renamed. */
  async #rememberFirst(mark: FileMark | undefined): Promise<void> {
    if (this.#hasCheckpoint || mark === undefined) return;
    await this.#writing.outlast(() => writeCheckpoint(this.#checkpoint, mark.in.begin));
    this.#hasCheckpoint = true;
  }

  /** Writes checkpoints until the source stops. Reading goes on while they fail, which at worst repeats more lines. */
  async #rememberAgainAndAgain(): Promise<void> {
    const { clock } = this.#context;
    const { signal } = this.#stopped;
    for (await clock.sleep(CHECKPOINT_MS, signal); !signal.aborted; await clock.sleep(CHECKPOINT_MS, signal))
      await this.#writing.outlast(() => this.#remember());
  }

  /** Writes a checkpoint if more lines are safe than at the last one. */
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
    await this.#lastWord().finally(this.#unlock);
  }

  /** Writes the last checkpoint. Retries for two seconds, or delivered lines would be repeated. @throws the system's error */
  async #lastWord(failures = 0): Promise<void> {
    try {
      await this.#remember();
    } catch (error) {
      if (failures === LAST_TRIES) throw error;
      await this.#context.clock.sleep(retryPauseMs(failures + 1));
      await this.#lastWord(failures + 1);
    }
  }
}

/** Explains an error. The error of an unreadable checkpoint explains itself. */
function wordsFor(error: unknown, key: 'checkpoint' | 'path'): string {
  if (error instanceof OutspoolError) return error.message;
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (key === 'path') return `${syscall === 'scandir' ? 'its folder' : 'the file'} ${reason(error)}`;
  return code === 'ELOOP' ? `the checkpoint cannot be used: ${message}` : `the checkpoint cannot be written (${code})`;
}
