/** One message as a batch of its own, for callers of `_send` on a kind that delivers batches. */

import { PermanentSendError, TransientSendError } from '../../errors.ts';
import type { Message } from '../../message.ts';
import { FLAG_ERROR, RecordMemory } from '../../queue/record.ts';
import { RecordWriter } from '../../queue/record-writer.ts';
import type { Batch } from '../../transport.ts';

interface SingleOptions {
  readonly isError: boolean;
  readonly signal: AbortSignal;
}

/** Resolves when `send` has delivered the message. @throws what the batch failed with */
export async function singleBatch(
  message: Message,
  { isError, signal }: SingleOptions,
  send: (batch: Batch) => Promise<void>,
): Promise<void> {
  let outcome: Error | 'delivered' = new TransientSendError('the message was given back');
  const memory = pack(message, isError ? FLAG_ERROR : 0);
  await send({
    size: 1,
    memory: memory.bytes,
    offsets: new Uint32Array(1),
    signal,
    skip: () => false,
    message: () => message,
    attempting: () => {},
    delivered: () => {
      outcome = 'delivered';
    },
    failed: (_index, error) => {
      outcome = error;
    },
  });
  if (outcome !== 'delivered') throw outcome;
}

function pack(message: Message, flags: number): RecordMemory {
  const writer = new RecordWriter();
  const { partition, timestamp } = message;
  if (message.topic === '') throw new PermanentSendError('the message has no topic');
  writer.prepare({ ...message, partition: partition ?? undefined, timestamp: timestamp ?? undefined } as Message & object);
  const memory = new RecordMemory(new SharedArrayBuffer(writer.exactSize));
  writer.write(memory, 0, flags);
  return memory;
}
