/** A message for several producers: encoded once, and weighed, so that all of them can be asked before any of them takes it. */

import { RecordMemory } from '../shared/memory/record.ts';
import { RecordWriter } from '../shared/memory/record-writer.ts';
import { inputOf, type MessageInput } from '../shared/message/message.ts';

export interface Parcel {
  /** As it was at the call: its bytes are copies. */
  readonly message: MessageInput;
  readonly isError: boolean;
  /** What it takes in a queue, at the most. */
  readonly bytes: number;
}

/** A header that some producers put behind those of an error. */
const MARK_BYTES = 64;
/** Which topic a message goes to that names none is for each producer to say. */
const NO_TOPICS = { topic: '', errorTopic: '' };

/**
 * The message out of a record of its own. Between one producer and the next, and while it waits, code of the caller may run.
 * @throws InvalidMessageError when it cannot be encoded
 */
export function parcelOf(given: MessageInput, isError: boolean): Parcel {
  const writer = new RecordWriter();
  writer.prepare(given);
  const memory = new RecordMemory(new ArrayBuffer(writer.exactSize));
  const bytes = writer.write(memory, 0, 0);
  const { topic, ...rest } = inputOf(memory.decode(0, NO_TOPICS));
  const message = topic === '' || topic === undefined ? rest : { topic, ...rest };
  return { message, isError, bytes: bytes + (isError ? MARK_BYTES : 0) };
}
