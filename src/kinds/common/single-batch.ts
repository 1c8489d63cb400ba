/** Sends one message as a batch of its own, for callers of `_send` on a kind that delivers batches. */

import { TransientSendError } from '../../shared/errors.ts';
import { FLAG_ERROR, RecordMemory } from '../../shared/memory/record.ts';
import { RecordWriter } from '../../shared/memory/record-writer.ts';
import type { Message } from '../../shared/message/message.ts';
import type { Batch } from '../../shared/transport.ts';

interface SingleOptions {
  readonly isError: boolean;
  readonly signal: AbortSignal;
}

/** Resolves when `send` has delivered the message. @throws the error with which the batch failed */
export async function singleBatch(
  message: Message,
  { isError, signal }: SingleOptions,
  send: (batch: Batch) => Promise<void>,
): Promise<void> {
  let failure: Error | undefined = new TransientSendError('the message was given back');
  const memory = pack(message, isError ? FLAG_ERROR : 0);
  await send({
    size: 1,
    memory: memory.bytes,
    offsets: new Uint32Array(1),
    sequence: Number.NaN, // the message has no position in the queue
    signal,
    skip: () => false,
    id: () => message.id,
    message: () => message,
    attempting: () => {},
    delivered: () => {
      failure = undefined;
    },
    failed: (_index, error) => {
      failure = error;
    },
  });
  if (failure !== undefined) throw failure;
}

function pack({ topic, key, value, headers, partition, timestamp }: Message, flags: number): RecordMemory {
  const writer = new RecordWriter();
  const optional = { ...(partition !== null && { partition }), ...(timestamp !== null && { timestamp }) };
  writer.prepare({ topic, key, value, headers, ...optional });
  const memory = new RecordMemory(new SharedArrayBuffer(writer.exactSize));
  writer.write(memory, 0, flags);
  return memory;
}
