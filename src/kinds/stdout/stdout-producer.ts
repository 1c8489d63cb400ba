/**
 * The stdout kind writes lines to the standard output of the process, from the worker. A message counts as delivered when the
 * operating system has accepted its line into a pipe or a file. The reader confirms nothing.
 */

import { isMainThread } from 'node:worker_threads';
import type { z } from 'zod';
import { BaseProducer } from '../../caller/base-producer.ts';
import type { ProducerOptions } from '../../caller/producer-options.ts';
import type { Message } from '../../shared/message/message.ts';
import type { Batch } from '../../shared/transport.ts';
import { TO_LINE } from '../common/line.ts';
import { type Chunk, chunksOf } from '../common/line-chunks.ts';
import { PatientWriter, type Written } from './patient-writer.ts';
import { StdoutProducerConfig } from './schema.ts';

const STDOUT = 1;
const LINE_END = Buffer.from('\n');

/** Unwritten rest of a line whose beginning was written by an attempt that was then abandoned. */
interface Rest {
  readonly sequence: number;
  readonly bytes: Buffer;
}

/** Writes to the standard output: `new StdoutProducer({ type: 'stdout', name })`. */
export class StdoutProducer extends BaseProducer<typeof StdoutProducerConfig> {
  static override readonly module = import.meta.url;
  static override readonly config = StdoutProducerConfig;
  static override readonly ledgerBytes = PatientWriter.BYTES;

  #rest: Rest | undefined;

  /** @throws ConfigError when the configuration does not fit */
  constructor(config: z.input<typeof StdoutProducerConfig>, options: ProducerOptions = {}) {
    super(config, options);
    // Node makes a pipe or a socket non-blocking at the first access to `process.stdout`, and restores it at exit.
    if (isMainThread) void process.stdout;
  }

  /** Descriptor that is written to. */
  protected get fd(): number {
    return STDOUT;
  }

  _connect(): void {}

  async _send(_isError: boolean, message: Message, signal: AbortSignal): Promise<void> {
    const line = TO_LINE[this.config.format](message);
    const { bytes, error } = await this.#writer.write(line, signal);
    if (bytes < line.length) throw error ?? signal.reason;
  }

  get #writer(): PatientWriter {
    return new PatientWriter(this.fd, this.ledger);
  }

  override async _sendBatch(batch: Batch): Promise<void> {
    if (this.#writer.isInLine && !(await this.#endLine(batch))) return;
    for (const chunk of chunksOf(batch, TO_LINE[this.config.format])) {
      if (!(await this.#write(batch, chunk))) return;
      if (chunk.refused !== undefined) batch.failed(chunk.refused.index, chunk.refused.error);
    }
  }

  /** Ends the line that an earlier attempt has begun: with its rest, if that message is the next one, else with a line feed. */
  async #endLine(batch: Batch): Promise<boolean> {
    const next = nextOf(batch);
    const isNext = this.#rest?.sequence === batch.sequence + next;
    const bytes = isNext ? (this.#rest as Rest).bytes : LINE_END;
    const written = await this.#writer.write(bytes, batch.signal);
    if (isNext) this.#rest = { sequence: batch.sequence + next, bytes: bytes.subarray(written.bytes) };
    if (isNext && written.bytes === bytes.length) batch.delivered(next);
    return concluded(batch, bytes, written);
  }

  /** Returns whether all of the chunk was written. */
  async #write(batch: Batch, chunk: Chunk): Promise<boolean> {
    const { bytes, indices, ends } = chunk;
    const written = await this.#writer.write(bytes, batch.signal);
    const over = ends.findIndex((end) => end > written.bytes);
    const whole = over < 0 ? indices : indices.slice(0, over);
    for (const index of whole) batch.delivered(index);
    if (over >= 0)
      this.#rest = {
        sequence: batch.sequence + (indices[over] as number),
        bytes: bytes.subarray(written.bytes, ends[over]),
      };
    return concluded(batch, bytes, written);
  }

  _close(): void {}
}

/** Returns the index of the first message that is to be attempted. */
function nextOf(batch: Batch): number {
  let index = 0;
  while (index < batch.size && batch.skip(index)) index++;
  return index;
}

function concluded(batch: Batch, bytes: Uint8Array, { bytes: written, error }: Written): boolean {
  if (error !== undefined) batch.failed(nextOf(batch), error);
  return written === bytes.length;
}
