/** A delivery loop on this thread, with sinon's clock and everything that it says noted down. */

import type { ConnectionState } from '../../src/shared/lifecycle.ts';
import type { MessageInput } from '../../src/shared/message/message.ts';
import type { DeliverySettings, FailedAttempt } from '../../src/shared/protocol.ts';
import type { Transport } from '../../src/shared/transport.ts';
import { systemClock } from '../../src/shared/util/clock.ts';
import type { DeliveryEvents } from '../../src/worker/delivery/events.ts';
import { DeliveryLoop } from '../../src/worker/delivery/loop.ts';
import { leaseOf, numbered, slotOf } from './leases.ts';

export interface PermanentlyFailed {
  readonly index: number;
  readonly attempts: readonly FailedAttempt[];
}

export class LoopRig {
  readonly loop: DeliveryLoop;
  readonly permanentlyFailed: PermanentlyFailed[] = [];
  readonly states: ConnectionState[] = [];
  readonly logs: string[] = [];
  /** Those above debug. */
  readonly loud: string[] = [];
  /** The field `err` of the lines that have one. */
  readonly errors: unknown[] = [];
  ended = false;

  constructor(transport: Transport, settings: Partial<DeliverySettings> = {}) {
    this.loop = new DeliveryLoop({
      transport,
      clock: systemClock,
      events: this.#events(),
      identify: (sequence) => `rig-${sequence}`,
      settings: {
        maxRetries: 5,
        maxResets: Number.POSITIVE_INFINITY,
        backoffMs: 60_000,
        connectTimeoutMs: 10_000,
        attemptTimeoutMs: 30_000,
        topic: 'topic',
        errorTopic: 'errors',
        ...settings,
      },
    });
  }

  #events(): DeliveryEvents {
    return {
      attempting: () => {},
      attemptEnded: () => {},
      attemptFailed: () => {},
      delivered: () => {},
      permanentlyFailed: ({ index }, attempts) => this.permanentlyFailed.push({ index, attempts }),
      connection: (state) => this.states.push(state),
      log: (level, fields, message) => {
        this.logs.push(message);
        if (level !== 'debug') this.loud.push(message);
        if (fields.err !== undefined) this.errors.push(fields.err);
      },
    };
  }

  /** Leases these messages to the loop and lets it run. */
  start(messages: number | readonly MessageInput[]): void {
    this.offer(messages);
    void this.loop.run().then(() => {
      this.ended = true;
    });
  }

  offer(messages: number | readonly MessageInput[]): void {
    const slot = slotOf(typeof messages === 'number' ? numbered(messages) : messages);
    this.loop.offer([leaseOf(slot)]);
  }
}
