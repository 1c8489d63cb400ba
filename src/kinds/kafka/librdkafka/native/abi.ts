/** Offsets of the members of librdkafka's structs, which koffi computes from their C definitions. */

import type { Koffi } from '../../../../shared/util/koffi.ts';

/** `rd_kafka_message_t`; positions in 32-bit words. */
export interface MessageLayout {
  readonly words: number;
  readonly error: number;
  readonly partition: number;
  readonly value: number;
  readonly valueLength: number;
  readonly key: number;
  readonly keyLength: number;
  readonly offset: number;
  readonly opaque: number;
}

/** `rd_kafka_vu_t`, the tagged union that `rd_kafka_produceva` takes an array of; positions in 32-bit words. */
export interface ArgumentLayout {
  readonly words: number;
  readonly type: number;
  /** The first, second and third 64-bit member of the union's structs. */
  readonly first: number;
  readonly second: number;
  readonly third: number;
}

/** `rd_kafka_topic_partition_t`; positions in 32-bit words. */
export interface PartitionLayout {
  readonly words: number;
  readonly offset: number;
  readonly metadata: number;
  readonly metadataSize: number;
  readonly error: number;
}

export interface Layouts {
  readonly message: MessageLayout;
  readonly argument: ArgumentLayout;
  readonly topicPartition: PartitionLayout;
}

export function computeLayouts(koffi: Koffi): Layouts {
  return {
    message: messageLayout(koffi),
    argument: argumentLayout(koffi),
    topicPartition: partitionLayout(koffi),
  };
}

function messageLayout(koffi: Koffi): MessageLayout {
  const type = koffi.struct({
    err: 'int',
    rkt: 'void *',
    partition: 'int32_t',
    payload: 'void *',
    len: 'size_t',
    key: 'void *',
    key_len: 'size_t',
    offset: 'int64_t',
    _private: 'void *',
  });
  const at = (member: string) => koffi.offsetof(type, member) / 4;
  return {
    words: koffi.sizeof(type) / 4,
    error: at('err'),
    partition: at('partition'),
    value: at('payload'),
    valueLength: at('len'),
    key: at('key'),
    keyLength: at('key_len'),
    offset: at('offset'),
    opaque: at('_private'),
  };
}

function argumentLayout(koffi: Koffi): ArgumentLayout {
  const header = koffi.struct({ name: 'void *', val: 'void *', size: 'int64_t' });
  const union = koffi.union({ header, _pad: koffi.array('char', 64) });
  const type = koffi.struct({ vtype: 'int', u: union });
  const at = (member: string) => (koffi.offsetof(type, 'u') + koffi.offsetof(header, member)) / 4;
  return {
    words: koffi.sizeof(type) / 4,
    type: koffi.offsetof(type, 'vtype') / 4,
    first: at('name'),
    second: at('val'),
    third: at('size'),
  };
}

function partitionLayout(koffi: Koffi): PartitionLayout {
  const type = koffi.struct({
    topic: 'void *',
    partition: 'int32_t',
    offset: 'int64_t',
    metadata: 'void *',
    metadata_size: 'size_t',
    opaque: 'void *',
    err: 'int',
    _private: 'void *',
  });
  const at = (member: string) => koffi.offsetof(type, member) / 4;
  return {
    words: koffi.sizeof(type) / 4,
    offset: at('offset'),
    metadata: at('metadata'),
    metadataSize: at('metadata_size'),
    error: at('err'),
  };
}
