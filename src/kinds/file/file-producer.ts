/** The file kind appends messages to a file, one line each, many by one write. It runs in the worker. */

import { BaseProducer } from '../../caller/base-producer.ts';
import { ConnectError, TransientSendError } from '../../shared/errors.ts';
import { fewLines } from '../../shared/log/limited-log.ts';
import type { Message } from '../../shared/message/message.ts';
import type { Batch } from '../../shared/transport.ts';
import { errnoText } from '../../shared/util/errno-text.ts';
import { TO_LINE } from '../common/line.ts';
import { type Chunk, chunksOf } from '../common/line-chunks.ts';
import { AppendFile } from './append-file.ts';
import { FileProducerConfig } from './schema.ts';

/** Appends to a file: `new FileProducer({ type: 'file', name, path })`. */
export class FileProducer extends BaseProducer<typeof FileProducerConfig> {
  static override readonly module = import.meta.url;
  static override readonly config = FileProducerConfig;

  #file: AppendFile | undefined;

  async _connect(signal: AbortSignal): Promise<void> {
    const file = new AppendFile(this.config, fewLines(this.log));
    try {
      await file.open();
    } catch (error) {
      throw new ConnectError(this.#trouble(error), { cause: error });
    }
    // The delivery loop stopped waiting at the deadline, and will not close this file.
    if (signal.aborted) return file.close();
    this.#file = file;
  }

  async _send(_isError: boolean, message: Message): Promise<void> {
    await this.#append(TO_LINE[this.config.format](message));
  }

  override async _sendBatch(batch: Batch): Promise<void> {
    for (const { bytes, indices, refused } of chunksOf(batch, TO_LINE[this.config.format])) {
      if (batch.signal.aborted) return;
      const error = await this.#attempt(bytes);
      if (error !== undefined) return batch.failed(indices[0] as number, error);
      for (const index of indices) batch.delivered(index);
      if (refused !== undefined) batch.failed(refused.index, refused.error);
    }
  }

  async #attempt(bytes: Chunk['bytes']): Promise<Error | undefined> {
    try {
      if (bytes.length > 0) await this.#append(bytes);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  async #append(lines: Buffer): Promise<void> {
    try {
      if (this.#file === undefined) throw new TransientSendError('it is not open');
      await this.#file.append(lines);
    } catch (error) {
      throw new TransientSendError(this.#trouble(error), { cause: error });
    }
  }

  async _close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  #trouble(error: unknown): string {
    return `cannot write to ${this.config.path}: ${errnoText(error, { ENOENT: 'its folder does not exist' })}`;
  }
}
