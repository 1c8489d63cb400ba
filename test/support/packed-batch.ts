/** A Batch over records that are packed by hand, which notes what becomes of its messages. */

import {
  alignUp,
  type DefaultTopics,
  FLAG_REPORT,
  RECORD_HEADER_BYTES,
  RecordMemory,
  TIMESTAMP_DOUBLE,
  WORD,
} from '../../src/shared/memory/record.ts';
import type { Message } from '../../src/shared/message/message.ts';
import type { Batch, BrokerReport } from '../../src/shared/transport.ts';

export interface PlainRecord {
  readonly topic?: string;
  readonly key?: string | Buffer | null;
  readonly value: string | Buffer | null;
  readonly headers?: readonly (readonly [string, string | Buffer | null])[];
  readonly partition?: number;
  readonly timestamp?: number;
  readonly flags?: number;
}

const NUL = Buffer.alloc(1);
const bytesOf = (part: string | Buffer | null | undefined): Buffer | null => (part == null ? null : Buffer.from(part));

function packHeader([name, value]: readonly [string, string | Buffer | null]): Buffer {
  const nameBytes = Buffer.from(name);
  const valueBytes = bytesOf(value);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(nameBytes.length, 0);
  head.writeInt32LE(valueBytes?.length ?? -1, 4);
  return Buffer.concat([head, nameBytes, NUL, valueBytes ?? Buffer.alloc(0)]);
}

export function packRecord(record: PlainRecord): Buffer {
  const topic = Buffer.from(record.topic ?? '');
  const key = bytesOf(record.key);
  const value = bytesOf(record.value);
  const headers = Buffer.concat((record.headers ?? []).map(packHeader));
  const body = Buffer.concat([topic, key ?? Buffer.alloc(0), value ?? Buffer.alloc(0), headers]);
  const packed = Buffer.alloc(alignUp(RECORD_HEADER_BYTES + body.length));
  packed.writeUInt32LE(packed.length, WORD.size * 4);
  packed.writeUInt32LE(record.flags ?? FLAG_REPORT, WORD.flags * 4);
  packed.writeUInt32LE(topic.length, WORD.topicLength * 4);
  packed.writeInt32LE(key?.length ?? -1, WORD.keyLength * 4);
  packed.writeInt32LE(value?.length ?? -1, WORD.valueLength * 4);
  packed.writeUInt32LE(headers.length, WORD.headersLength * 4);
  packed.writeInt32LE(record.partition ?? -1, WORD.partition * 4);
  packed.writeUInt32LE(record.headers?.length ?? 0, WORD.headerCount * 4);
  packed.writeDoubleLE(record.timestamp ?? Number.NaN, TIMESTAMP_DOUBLE * 8);
  body.copy(packed, RECORD_HEADER_BYTES);
  return packed;
}

export class PackedBatch implements Batch {
  readonly size: number;
  readonly memory: Uint8Array;
  readonly offsets: Uint32Array;
  readonly sequence = 0;
  readonly reports: (BrokerReport | undefined)[] = [];
  readonly deliveredAt = new Set<number>();
  readonly failures = new Map<number, Error>();
  readonly #abort = new AbortController();
  readonly signal = this.#abort.signal;
  readonly #skip: (index: number) => boolean;
  /** What the empty topic of a record stands for. */
  defaults: DefaultTopics = { topic: 'default', errorTopic: 'errors' };

  constructor(records: readonly PlainRecord[], skip: (index: number) => boolean = () => false) {
    const packed = records.map(packRecord);
    this.size = packed.length;
    this.memory = new Uint8Array(new SharedArrayBuffer(packed.reduce((sum, one) => sum + one.length, 0)));
    this.offsets = new Uint32Array(packed.length);
    this.#skip = skip;
    let offset = 0;
    for (const [index, one] of packed.entries()) {
      this.offsets[index] = offset;
      this.memory.set(one, offset);
      offset += one.length;
    }
  }

  /** Messages without an outcome. */
  get open(): number {
    return this.size - this.deliveredAt.size - this.failures.size;
  }

  skip(index: number): boolean {
    return this.#skip(index) || this.deliveredAt.has(index) || this.failures.has(index);
  }

  id(index: number): string {
    return `packed-${index}`;
  }

  message(index: number): Message {
    const memory = new RecordMemory(this.memory.buffer);
    return memory.decode(this.offsets[index] as number, this.defaults, this.id(index));
  }

  attempting(): void {}

  delivered(index: number, report?: BrokerReport): void {
    if (this.deliveredAt.has(index)) throw new Error(`message ${index} was delivered twice`);
    this.deliveredAt.add(index);
    this.reports[index] = report;
  }

  failed(index: number, error: Error): void {
    this.failures.set(index, error);
  }
}
