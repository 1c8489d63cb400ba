/** A message for several producers, encoded once. By its size they are asked for capacity before one accepts it. */

import { RecordMemory } from '../shared/memory/record.ts';
import { RecordWriter } from '../shared/memory/record-writer.ts';
import { inputOf, type MessageInput } from '../shared/message/message.ts';

export interface SizedMessage {
  /** The message as it was at the call, with its bytes copied. */
  readonly message: MessageInput;
  readonly isError: boolean;
  /** Upper bound of what the message occupies in a queue, in bytes. */
  readonly bytes: number;
}

/** Size, in bytes, reserved for the header that some producers append to an error message. */
const MARK_BYTES = 64;
/** Empty topics, because each producer decides on the topic of a message that names none. */
const NO_TOPICS = { topic: '', errorTopic: '' };

/**
 * Encodes the message and decodes it again from a record of its own. The caller's own code may run between two producers, or
 * while the message waits, and must not change it.
 * @throws InvalidMessageError when it cannot be encoded
 */
export function sizedMessage(given: MessageInput, isError: boolean): SizedMessage {
  const writer = new RecordWriter();
  writer.prepare(given);
  const memory = new RecordMemory(new ArrayBuffer(writer.exactSize));
  const bytes = writer.write(memory, 0, 0);
  const { topic, ...rest } = inputOf(memory.decode(0, NO_TOPICS));
  const message = topic === '' || topic === undefined ? rest : { topic, ...rest };
  return { message, isError, bytes: bytes + (isError ? MARK_BYTES : 0) };
}
