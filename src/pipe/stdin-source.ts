/** Reads the standard input as a source to its end, no faster than there is capacity. */

import type { Readable } from 'node:stream';
import { parseSize } from '../config/schema/size.ts';
import type { StdinSourceConfig } from '../config/sources/schema.ts';
import { reason } from '../config/yaml/references.ts';
import { asError, OutspoolError } from '../shared/errors.ts';
import type { Logger } from '../shared/log/logger.ts';
import type { Clock } from '../shared/util/clock.ts';
import { LineFeed } from './line-feed.ts';
import { LineSplitter } from './lines/lines.ts';
import type { Delivery } from './sink.ts';
import { Counts, type Source } from './source.ts';

const FILE = '<stdin>';

export interface StdinContext {
  readonly delivery: Delivery;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly stream: Readable;
}

export class StdinSource implements Source {
  readonly type = 'stdin';
  readonly name: string;
  readonly counts = new Counts();
  readonly #context: StdinContext;
  readonly #feed: LineFeed<number>;
  readonly #splitter: LineSplitter;
  #isStopped = false;
  #isAtEnd = false;
  /** Number of the last line that was passed on. */
  #taken = 0;

  constructor(config: StdinSourceConfig, context: StdinContext) {
    this.name = config.name;
    this.#context = context;
    const maxLineBytes = parseSize(config.max_line_bytes);
    this.#splitter = new LineSplitter(maxLineBytes);
    const { delivery, logger, clock } = context;
    const { counts } = this;
    this.#feed = new LineFeed({ source: this.name, format: config, maxLineBytes, delivery, counts, logger, clock });
  }

  async open(): Promise<void> {
    const { stream, logger } = this.#context;
    if ((stream as { isTTY?: boolean }).isTTY)
      logger.info({ source: this.name }, 'reading lines from the terminal; Ctrl-D ends');
    // The next read throws the error too, so an `error` event outside of a read must not end the process.
    stream.on('error', () => {});
  }

  /** @throws BadLineError, OutspoolError when the input cannot be read */
  async run(): Promise<void> {
    await Promise.race([this.#read(), this.#feed.failed]);
  }

  async #read(): Promise<void> {
    try {
      for await (const chunk of this.#context.stream) await this.#take(this.#splitter.push(chunk as Buffer));
      await this.#take(this.#splitter.end());
    } catch (error) {
      // Destroying the stream is how `stop` ends the reading.
      if (!this.#isStopped) throw readable(error);
    }
    if (this.#isStopped) return;
    await this.#feed.finish();
    this.#isAtEnd = true;
  }

  async #take(lines: ReturnType<LineSplitter['push']>): Promise<void> {
    for (const line of lines) {
      if (this.#isStopped) return;
      await this.#feed.take({ line, file: FILE, mark: line.end });
      this.#taken = line.number;
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#feed.stop();
    this.#context.stream.destroy();
  }

  async idle(): Promise<void> {
    await this.#feed.idle();
  }

  /** Logs the first line that was not accepted, so that an operator can send the rest. */
  async close(): Promise<void> {
    if (this.#isAtEnd) return;
    const from = this.#feed.firstRefused ?? this.#taken + 1;
    this.#context.logger.warn({ source: this.name }, `nothing from line ${from} of the standard input on was accepted`);
  }
}

function readable(error: unknown): Error {
  if (error instanceof OutspoolError) return error;
  return new OutspoolError(`the standard input ${reason(asError(error))}`, { cause: error });
}
