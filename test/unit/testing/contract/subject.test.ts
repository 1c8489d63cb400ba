import { expect } from 'chai';
import { MemoryProducer } from '../../../../src/kinds/memory/memory-producer.ts';
import { type MadeSubject, subjectFrom } from '../../../../src/testing/contract/subject.ts';
import { quiet } from '../../../support/quiet.ts';

describe('what a factory of the contract resolves with', () => {
  const producer = new MemoryProducer({ type: 'memory', name: 'm' }, { logger: quiet });
  const message = { key: null, value: null, headers: [] };
  after(() => producer.shutdown());

  it('is a producer and a reader, as an object or as a pair', async () => {
    const reader = async (topic: string, timeoutMs: number) => ({
      ...message,
      key: Buffer.from(`${topic} ${timeoutMs}`),
    });
    const object = {
      producer,
      read: message,
      async getMessageFromTopic() {
        return this.read;
      },
    };
    const pair = subjectFrom([producer, reader]);
    expect(pair.producer).to.equal(producer);
    expect(String((await pair.getMessageFromTopic('t', 5)).key)).to.equal('t 5');
    expect(await subjectFrom(object).getMessageFromTopic('t', 5)).to.equal(message);
  });

  const WRONG: readonly unknown[] = [
    undefined,
    null,
    {},
    [],
    producer,
    { producer },
    [producer],
    [{}, () => {}],
    { producer: {}, getMessageFromTopic() {} },
  ];
  for (const made of WRONG)
    it(`is refused with what it must be: ${Array.isArray(made) ? `a list of ${made.length}` : typeof made}`, () => {
      expect(() => subjectFrom(made as MadeSubject)).to.throw(
        TypeError,
        /^the factory of the contract resolved without .*: expected \{ producer, getMessageFromTopic \} or \[producer, getMessageFromTopic\]$/,
      );
    });
});
