/**
 * Pauses that brokers ask of the clients of this thread. librdkafka reports them by a callback only.
 *
 * It calls back only within `rd_kafka_queue_poll`, on the thread that polls. Ending a client discards the events that it has
 * not reported. So the callback may die with its thread, while the client of a dead worker is still being ended. The callback
 * only takes a note, which is read after the poll. A thread that is being ended runs no more JavaScript, so there the callback
 * does nothing.
 */

import type { Koffi } from '../../../../shared/util/koffi.ts';
import type { Pointer } from '../native/functions.ts';

export interface ThrottleEvent {
  /** `host:port`. */
  readonly broker: string;
  /** The pause that the broker asks for, in ms. */
  readonly ms: number;
}

export class ThrottleEvents {
  /** The function's address, for `rd_kafka_conf_set_throttle_cb`. */
  readonly callback: Pointer;
  readonly #notes = new Map<Pointer, ThrottleEvent[]>();

  /** Create one in each thread, because the callback is never released. */
  constructor(koffi: Koffi) {
    const type = koffi.proto('void', ['uint64_t', 'const char *', 'int32_t', 'int', 'uint64_t']);
    const note = (client: Pointer, broker: string, _id: number, ms: number) => this.#note(client, { broker, ms });
    this.callback = Number(koffi.address(koffi.register(note, koffi.pointer(type))));
  }

  /** Ignores 0 ms, which a broker answers on its other connections during a pause, and which ends none. */
  #note(client: Pointer, event: ThrottleEvent): void {
    if (event.ms === 0) return;
    const notes = this.#notes.get(client);
    if (notes === undefined) this.#notes.set(client, [event]);
    else notes.push(event);
  }

  /** Returns the pauses asked of this client since the last call, oldest first. */
  take(client: Pointer): readonly ThrottleEvent[] {
    if (this.#notes.size === 0) return NONE;
    const notes = this.#notes.get(client) ?? NONE;
    this.#notes.delete(client);
    return notes;
  }
}

const NONE: readonly ThrottleEvent[] = [];
