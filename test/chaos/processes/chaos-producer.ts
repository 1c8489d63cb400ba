/** The Kafka kind, which tells what it sends, and dies where it was ordered to. */

import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { KafkaProducer } from '../../../src/kinds/kafka/kafka-producer.ts';
import type { Batch } from '../../../src/shared/transport.ts';
import { arm, die, isTime, point, watchFiles } from './faults.ts';
import { note } from './journal.ts';
import { ordersOf } from './orders.ts';

/** Messages told of in one line: short enough to be written whole. */
const PER_LINE = 200;

export class ChaosProducer extends KafkaProducer {
  static override readonly module: string = import.meta.url;
  #batches = 0;

  constructor(...given: ConstructorParameters<typeof KafkaProducer>) {
    super(...given);
    if (isMainThread) return;
    note('worker');
    watchFiles();
  }

  override async _connect(signal: AbortSignal): Promise<void> {
    note('connecting');
    point('recovery', 'opened');
    await super._connect(signal);
  }

  override async _sendBatch(batch: Batch): Promise<void> {
    arm();
    tellOf(batch);
    point('leased', 'batch');
    this.#exitOnce();
    const sending = super._sendBatch(dyingOfSuccess(batch));
    const inFlight = isTime('in flight');
    if (inFlight === undefined) return sending;
    const timer = setTimeout(() => die(inFlight), inFlight.afterMs);
    // What has come back by then was not in flight: the next batch is as good.
    await sending.finally(() => clearTimeout(timer));
  }

  #exitOnce(): void {
    const { workerExitAt, marker } = ordersOf(process.env);
    if (++this.#batches !== workerExitAt) return;
    try {
      writeFileSync(marker, '', { flag: 'wx' });
    } catch {
      return; // its predecessor has
    }
    note('exiting');
    process.exit(7);
  }
}

/** Which messages leave for the broker now. */
function tellOf(batch: Batch): void {
  const ids: number[] = [];
  for (let index = 0; index < batch.size; index++)
    if (!batch.skip(index)) ids.push(Number((batch.message(index).json() as { id: number }).id));
  for (let from = 0; from < ids.length; from += PER_LINE) note('sent', ids.slice(from, from + PER_LINE).join(','));
}

function dyingOfSuccess(batch: Batch): Batch {
  return new Proxy(batch, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (key === 'delivered') return (...report: Parameters<Batch['delivered']>) => settling(target, report);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function settling(batch: Batch, report: Parameters<Batch['delivered']>): void {
  point('settling', 'untold');
  batch.delivered(...report);
  point('settling', 'marked');
}
