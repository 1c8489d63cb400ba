/** Consecutive messages of one partition that one call passes to a client. */

import type { Message } from '../../../shared/message/message.ts';
import type { Batch } from '../../../shared/transport.ts';
import type { BatchMemory } from '../batches/packed-record.ts';
import type { CodeText } from '../errors/errors.ts';

export const RUN_LENGTH = 1024;

/** Why a message was refused before it was sent: by librdkafka, or by a check before it. */
export type Refusal = CodeText | Error;

/** What a run needs of a batch on its way. */
export interface Carried {
  readonly id: number;
  readonly batch: Batch;
  readonly memory: BatchMemory;
}

export const messageAt = (run: Run, entry: number): Message => run.sending(entry).batch.message(run.index(entry));

export class Run<C extends Carried = Carried> {
  topic = '';
  partition = 0;
  count = 0;
  readonly sendings: C[] = [];
  readonly indices: Uint32Array = new Uint32Array(RUN_LENGTH);
  /** Index of the first message for which the client had no capacity. */
  fullFrom = RUN_LENGTH;
  readonly refusals = new Map<number, Refusal>();

  begin(topic: string, partition: number): void {
    this.topic = topic;
    this.partition = partition;
    this.count = 0;
    this.sendings.length = 0;
    this.fullFrom = RUN_LENGTH;
    this.refusals.clear();
  }

  get hasRoom(): boolean {
    return this.fullFrom === RUN_LENGTH;
  }

  add(sending: C, index: number): void {
    this.sendings.push(sending);
    this.indices[this.count++] = index;
  }

  sending(entry: number): C {
    return this.sendings[entry] as C;
  }

  index(entry: number): number {
    return this.indices[entry] as number;
  }
}
