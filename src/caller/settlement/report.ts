/** What a caller learns about one settled message. */

import type { Message } from '../../shared/message/message.ts';

export interface DeliveryReport {
  /** The producer's name. */
  readonly producer: string;
  readonly topic: string;
  /** The broker's partition and offset, where it gave them. */
  readonly partition: number | null;
  readonly offset: number | null;
  /**
   * What is stored with the message, in ms since 1970: the message's own timestamp, or the broker's where the topic has
   * `message.timestamp.type=LogAppendTime`. Null where nobody said.
   */
  readonly timestamp: number | null;
  /** From acceptance to settlement in ms, to the precision of one turn of the event loop; null for what lay in the spool. */
  readonly latencyMs: number | null;
  readonly message: Message;
}
