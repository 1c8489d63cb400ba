import { expect } from 'chai';
import { loadNative } from '../../../../../../src/kinds/kafka/librdkafka/native/load.ts';

const native = loadNative();

/** `void (*)(rd_kafka_t *, const char *broker, int32_t id, int ms, void *opaque)` of rdkafka.h. */
const TYPE = native.koffi.proto('void', ['uint64_t', 'const char *', 'int32_t', 'int', 'uint64_t']);

/** Calls the function as librdkafka does. */
const call = (client: number, broker: string, ms: number) =>
  native.koffi.call(native.throttles.callback, TYPE, client, broker, 1, ms, 0);

describe('what brokers ask of librdkafka’s clients', () => {
  it('is kept for the client that it was asked of, in order, until it is taken', () => {
    call(1, 'a:9092', 100);
    call(2, 'b:9092', 5);
    call(1, 'a:9092', 200);
    expect(native.throttles.take(1)).to.deep.equal([
      { broker: 'a:9092', ms: 100 },
      { broker: 'a:9092', ms: 200 },
    ]);
    expect(native.throttles.take(1)).to.deep.equal([]);
    expect(native.throttles.take(2)).to.deep.equal([{ broker: 'b:9092', ms: 5 }]);
  });

  it('does not end with an answer that asks for nothing: it may have come over another connection', () => {
    call(1, 'a:9092', 100);
    call(1, 'a:9092', 0);
    expect(native.throttles.take(1)).to.deep.equal([{ broker: 'a:9092', ms: 100 }]);
  });
});
