/** What a caller or a listener learns about one settled message. */

import type { Message } from '../../shared/message/message.ts';

export interface DeliveryReport {
  /** The producer's name. */
  readonly producer: string;
  readonly topic: string;
  /** The broker's partition and offset, if it reported them. */
  readonly partition: number | null;
  readonly offset: number | null;
  /**
   * The timestamp stored with the message, in ms since 1970. It is the message's own timestamp, or the broker's if the topic has
   * `message.timestamp.type=LogAppendTime`. Null if the client did not report it.
   */
  readonly timestamp: number | null;
  /** Time in ms from acceptance to settlement, to the precision of one turn of the event loop; null for messages read from the spool. */
  readonly latencyMs: number | null;
  readonly message: Message;
}
