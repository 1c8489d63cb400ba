/**
 * What brokers ask of the clients of this thread: librdkafka reports it by a callback and by nothing else.
 *
 * It calls back within `rd_kafka_queue_poll` alone, on the thread that polls; ending a client discards what it has not
 * reported. So the function may die with its thread, while the client of a worker that has died is still being ended. All
 * that happens within the callback is a note, which is read after the poll: a thread that is being ended runs no more
 * JavaScript, and then the callback does nothing.
 */

import type { Koffi } from '../../../../shared/util/koffi.ts';
import type { Pointer } from '../native/functions.ts';

export interface ThrottleEvent {
  /** `host:port`. */
  readonly broker: string;
  /** The pause that it asks for, in ms. */
  readonly ms: number;
}

export class ThrottleEvents {
  /** The function's address, for `rd_kafka_conf_set_throttle_cb`. */
  readonly callback: Pointer;
  readonly #notes = new Map<Pointer, ThrottleEvent[]>();

  /** Once a thread: the callback is never given back. */
  constructor(koffi: Koffi) {
    const type = koffi.proto('void', ['uint64_t', 'const char *', 'int32_t', 'int', 'uint64_t']);
    const note = (client: Pointer, broker: string, _id: number, ms: number) => this.#note(client, { broker, ms });
    this.callback = Number(koffi.address(koffi.register(note, koffi.pointer(type))));
  }

  /**
   * 0 ms is no news: in a pause, a broker answers on its other connections alone, such as that to the coordinator of
   * transactions, and such an answer ends no pause.
   */
  #note(client: Pointer, event: ThrottleEvent): void {
    if (event.ms === 0) return;
    const notes = this.#notes.get(client);
    if (notes === undefined) this.#notes.set(client, [event]);
    else notes.push(event);
  }

  /** What has been asked of this client since the last call, oldest first. */
  take(client: Pointer): readonly ThrottleEvent[] {
    if (this.#notes.size === 0) return NONE;
    const notes = this.#notes.get(client) ?? NONE;
    this.#notes.delete(client);
    return notes;
  }
}

const NONE: readonly ThrottleEvent[] = [];
