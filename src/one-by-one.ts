/** Sends a batch one message after the other, for a kind that can do no better. */

import { asError } from './errors.ts';
import type { Message } from './message.ts';
import type { Batch } from './transport.ts';

/** Resolves when all are delivered, one has failed, or the batch's signal has fired. */
export async function sendOneByOne(batch: Batch, send: (message: Message) => unknown): Promise<void> {
  for (let index = 0; index < batch.size && !batch.signal.aborted; index++) {
    if (batch.skip(index)) continue;
    const message = batch.message(index);
    batch.attempting(index);
    try {
      await send(message);
    } catch (error) {
      return batch.failed(index, asError(error));
    }
    batch.delivered(index);
  }
}
