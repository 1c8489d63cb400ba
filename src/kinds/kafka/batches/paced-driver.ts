/** A Kafka driver that limits what it sends to brokers that throttle the client, and sends nothing while they ask for a pause. */

import { asError } from '../../../shared/errors.ts';
import type { Batch } from '../../../shared/transport.ts';
import type { KafkaDriver } from '../driver.ts';
import type { Pace } from './pace.ts';
import { type Extent, extentOf, recordBytes, Slice } from './slice.ts';

/** Maximum time in ms between two checks of a pause, which ends early with the connection on which it was asked for. */
const CHECK_MS = 1000;

export interface PacedDriverContext {
  /** The limit, which outlives the driver, because a quota does not end with a connection. */
  readonly pace: Pace;
  /** Time in ms for which nothing may be sent. */
  pauseMs(): number;
  /** Number of batches that the driver takes at once. */
  readonly batchesInFlight: number;
}

interface Parts {
  readonly batch: Batch;
  /** Index of the first message that has not been sent. */
  next: number;
  inFlight: number;
  /** Whether more of it must be sent. */
  goesOn: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class PacedDriver implements KafkaDriver {
  readonly #driver: KafkaDriver;
  readonly #context: PacedDriverContext;
  /** Batches of which a part has not been sent, in order. */
  #waiting: Parts[] = [];
  /** Batches that were sent whole, without a limit. */
  readonly #whole = new Set<Batch>();
  #slices = 0;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(driver: KafkaDriver, context: PacedDriverContext) {
    this.#driver = driver;
    this.#context = context;
  }

  open(signal: AbortSignal): Promise<void> {
    return this.#driver.open(signal);
  }

  get spent(): boolean {
    return this.#driver.spent;
  }

  /** Sends the batch, unchanged if there is no limit. */
  produceBatch(batch: Batch): Promise<void> {
    const { pace, pauseMs } = this.#context;
    if (this.#waiting.length === 0 && pace.bytes === Number.POSITIVE_INFINITY && pauseMs() === 0)
      return this.#sendWhole(batch);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, next: 0, inFlight: 0, goesOn: true, resolve, reject });
      this.#pump();
    });
  }

  async #sendWhole(batch: Batch): Promise<void> {
    this.#whole.add(batch);
    try {
      await this.#driver.produceBatch(batch);
    } finally {
      this.#whole.delete(batch);
    }
  }

  /** Bytes that were sent and have not ended, which are what a broker throttles the client for. */
  get bytesOnTheWay(): number {
    let bytes = this.#bytes;
    for (const batch of this.#whole) bytes += allBytes(batch);
    return bytes;
  }

  recall(): void {
    this.#halt();
    this.#driver.recall();
  }

  get heldUpMs(): number {
    return this.#driver.heldUpMs;
  }

  purge(): void {
    this.#halt();
    this.#driver.purge();
  }

  close(deadlineMs: number): Promise<void> {
    this.#halt();
    return this.#driver.close(deadlineMs);
  }

  /** Sends no more of the current batches. What was not sent ends without an outcome. */
  #halt(): void {
    clearTimeout(this.#timer);
    for (const parts of this.#waiting.splice(0)) this.#stop(parts);
  }

  #stop(parts: Parts): void {
    parts.goesOn = false;
    if (parts.inFlight === 0) parts.resolve();
  }

  #pump(): void {
    clearTimeout(this.#timer);
    for (let head = this.#waiting[0]; head !== undefined; head = this.#waiting[0]) {
      const ms = this.#context.pauseMs();
      if (ms > 0) this.#timer = setTimeout(() => this.#pump(), Math.min(ms, CHECK_MS));
      if (ms > 0 || !this.#advance(head)) return;
    }
  }

  /** Sends what fits of a batch. Returns false when nothing fits for the moment. */
  #advance(head: Parts): boolean {
    const { pace, batchesInFlight } = this.#context;
    const extent = extentOf(head.batch, head.next, pace.bytes - this.#bytes, this.#bytes === 0);
    const isRest = extent.to === head.batch.size;
    if (!isRest) pace.reached();
    if (extent.bytes === 0 && !isRest) return false;
    if (extent.bytes > 0 && this.#slices >= batchesInFlight) return false;
    head.next = extent.to;
    if (isRest) this.#waiting.shift();
    if (extent.bytes > 0) void this.#send(head, extent);
    if (isRest) this.#stop(head);
    return true;
  }

  /** Sends one part. As in the driver, its failure stops everything behind it. */
  async #send(parts: Parts, extent: Extent): Promise<void> {
    const taken = this.#context.pace.sent();
    const slice = new Slice(parts.batch, extent, () => this.#halt());
    this.#count(parts, extent, 1);
    try {
      await this.#driver.produceBatch(slice);
      if (slice.isDelivered) taken();
      if (!slice.isSettled) this.#halt();
    } catch (error) {
      this.#halt();
      parts.reject(asError(error));
    }
    this.#count(parts, extent, -1);
    if (!parts.goesOn) this.#stop(parts);
    this.#pump();
  }

  #count(parts: Parts, { bytes }: Extent, step: 1 | -1): void {
    parts.inFlight += step;
    this.#slices += step;
    this.#bytes += step * bytes;
  }
}

function allBytes(batch: Batch): number {
  const sizeOf = recordBytes(batch);
  let bytes = 0;
  for (let index = 0; index < batch.size; index++) bytes += sizeOf(index);
  return bytes;
}
