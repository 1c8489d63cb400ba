/** What a caller learns about one settled message. */

import type { Message } from '../message.ts';

export interface DeliveryReport {
  readonly topic: string;
  /** The broker's partition and offset, where it gave them. */
  readonly partition: number | null;
  readonly offset: number | null;
  /** From acceptance to settlement in ms, to the precision of one turn of the event loop. */
  readonly latencyMs: number;
  readonly message: Message;
}
