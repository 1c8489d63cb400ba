import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  bindConsume,
  type ConsumeFunctions,
} from '../../../../../../src/kinds/kafka/librdkafka/consume/consume-functions.ts';
import { consumeSelfTest } from '../../../../../../src/kinds/kafka/librdkafka/consume/consume-self-test.ts';
import { loadNative } from '../../../../../../src/kinds/kafka/librdkafka/native/load.ts';
import { writeLong } from '../../../../../../src/kinds/kafka/librdkafka/native/memory.ts';

describe('the self-test of consumers', () => {
  const native = loadNative();
  const functions = bindConsume(native);

  it('passes', () => consumeSelfTest(native, functions));

  it('fails where a partition has its offset elsewhere', () => {
    const topicPartition = { ...native.topicPartition, offset: native.topicPartition.metadata };
    expect(() => consumeSelfTest({ ...native, topicPartition }, functions)).to.throw(/the offset of a partition/);
  });

  const changed: Readonly<Record<string, ConsumeFunctions['headerAt']>> = {
    'the last header is missing': (list, index, ...to) => (index === 3 ? 1 : functions.headerAt(list, index, ...to)),
    'the order is another one': (list, index, ...to) => functions.headerAt(list, index > 3 ? index : 3 - index, ...to),
    'a header without a value is an empty one': (list, index, name, value, size) => {
      const code = functions.headerAt(list, index, name, value, size);
      if (index === 2) native.libc.memcpy(value, name, 8);
      return code;
    },
    'an empty header has no value': (list, index, name, value, size) =>
      functions.headerAt(list, index === 1 ? 2 : index, name, value, size),
    'the length is wrong': (list, index, name, value, size) => {
      const code = functions.headerAt(list, index, name, value, size);
      const one = new Int32Array(new ArrayBuffer(8));
      writeLong(one, 0, 1);
      if (index === 0) native.libc.memcpy(size, Number(native.koffi.address(one)), 8);
      return code;
    },
  };
  for (const [what, headerAt] of Object.entries(changed))
    it(`fails where ${what}`, () => {
      expect(() => consumeSelfTest(native, { ...functions, headerAt })).to.throw(/not laid out as expected: headers/);
    });
});
