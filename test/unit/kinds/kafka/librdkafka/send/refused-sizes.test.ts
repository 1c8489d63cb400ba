import { expect } from 'chai';
import { RefusedSizes } from '../../../../../../src/kinds/kafka/librdkafka/send/refused-sizes.ts';
import type { Message } from '../../../../../../src/shared/message/message.ts';
import { PackedBatch } from '../../../../../support/packed-batch.ts';

const message = (topic: string, bytes: number): Message =>
  new PackedBatch([{ topic, value: 'x'.repeat(bytes) }]).message(0);

describe('sizes that a topic has refused', () => {
  const time = { ms: 0 };
  const refused = new RefusedSizes(() => time.ms);
  const reason = new Error('too large');

  it('are refused without a question, and larger ones; not smaller ones, and not for another topic', () => {
    expect(refused.isEmpty).to.equal(true);
    refused.add(message('small', 1000), reason);
    expect(refused.reason(message('small', 1000))).to.equal(reason);
    expect(refused.reason(message('small', 5000))).to.equal(reason);
    expect(refused.reason(message('small', 999))).to.equal(undefined);
    expect(refused.reason(message('other', 5000))).to.equal(undefined);
  });

  it('are the smallest of those that were refused', () => {
    refused.add(message('small', 5000), reason);
    expect(refused.reason(message('small', 1000))).to.equal(reason);
    refused.add(message('small', 500), reason);
    expect(refused.reason(message('small', 500))).to.equal(reason);
  });

  it('are asked for again after five seconds: the limit of the topic may be raised', () => {
    time.ms = 4999;
    expect(refused.reason(message('small', 5000))).to.equal(reason);
    time.ms = 5000;
    expect(refused.reason(message('small', 5000))).to.equal(undefined);
    expect(refused.isEmpty).to.equal(true);
    refused.add(message('small', 3000), reason);
    expect(refused.reason(message('small', 2000)), 'what was known is forgotten').to.equal(undefined);
  });
});
