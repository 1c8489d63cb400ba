/** Packed records and leases over them, made the way the caller's side makes them. */

import { RecordWriter } from '../../src/shared/memory/record-writer.ts';
import { Slot } from '../../src/shared/memory/slot.ts';
import type { MessageInput } from '../../src/shared/message/message.ts';
import type { LeaseMessage } from '../../src/shared/protocol.ts';

export const SLOT_BYTES = 64 * 1024;

/** A slot that holds these messages. */
export function slotOf(messages: readonly MessageInput[], flags = 0): Slot {
  const slot = new Slot(1, SLOT_BYTES);
  const writer = new RecordWriter();
  for (const message of messages) {
    writer.prepare(message);
    slot.append(writer, flags);
  }
  return slot;
}

/** A lease of everything in a slot. */
export function leaseOf(slot: Slot): LeaseMessage {
  return { shared: slot.shared, from: 0, count: slot.count, sequence: slot.firstSequence };
}

/** Messages with the values 0, 1, 2 … */
export const numbered = (count: number): MessageInput[] => Array.from({ length: count }, (_, value) => ({ value }));
