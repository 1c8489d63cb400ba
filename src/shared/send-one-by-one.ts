/** Sends a batch one message after the other, for a kind that has no batch call. */

import { asError } from './errors.ts';
import type { Message } from './message/message.ts';
import type { Batch } from './transport.ts';
import { linked } from './util/abort.ts';

/**
 * Resolves when all messages are delivered, one has failed, or the batch's signal has fired. `send` gets a signal of this batch
 * alone. Listeners that foreign code leaves on it go with the batch, while the signal of the round may last for days.
 */
export async function sendOneByOne(
  batch: Batch,
  send: (message: Message, signal: AbortSignal) => unknown,
): Promise<void> {
  await linked([batch.signal], async (signal) => {
    for (let index = 0; index < batch.size && !batch.signal.aborted; index++) {
      if (batch.skip(index)) continue;
      const message = batch.message(index);
      batch.attempting(index);
      try {
        await send(message, signal);
      } catch (error) {
        return batch.failed(index, asError(error));
      }
      batch.delivered(index);
    }
  });
}
