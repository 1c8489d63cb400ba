import { expect } from 'chai';
import { BatchMemory, PackedRecord } from '../../../src/producers/kafka/librdkafka/packed-record.ts';
import { TopicResolver } from '../../../src/producers/kafka/librdkafka/topic-resolver.ts';
import type { Topics } from '../../../src/producers/kafka/librdkafka/topics.ts';
import { slotOf } from '../../support/leases.ts';

const HANDLES: Readonly<Record<string, number>> = { own: 1, errors: 2, a: 3, b: 4 };

describe('the topic of a record', () => {
  /** Resolves topics one after the other; the handle of the look-up with number `fails` (from 1) cannot be made. */
  function resolverOf(fails: number) {
    let lookUps = 0;
    const handle = (name: string) => {
      if (++lookUps === fails) throw new Error('no handle');
      return HANDLES[name] as number;
    };
    const resolver = new TopicResolver({ handle } as unknown as Topics, { topic: 'own', errorTopic: 'errors' });
    return (topic: string | undefined): number | 'threw' => {
      const slot = slotOf([{ value: 1, ...(topic !== undefined && { topic }) }]);
      const memory = new BatchMemory(slot.records.bytes, 1);
      const record = new PackedRecord();
      record.read(memory, 0);
      try {
        return resolver.resolve(memory, record);
      } catch {
        return 'threw';
      }
    };
  }

  const ORDERS: readonly (readonly (string | undefined)[])[] = [
    ['a', 'b'],
    ['a', undefined],
    [undefined, 'a'],
    ['a', undefined, 'a'],
  ];

  for (const topics of ORDERS)
    for (let fails = 1; fails <= topics.length; fails++)
      it(`${topics.map((topic) => topic ?? 'its own').join(', ')}: look-up ${fails} fails, and is made again`, () => {
        const resolve = resolverOf(fails);
        for (const topic of topics) {
          const first = resolve(topic);
          const again = resolve(topic);
          expect([HANDLES[topic ?? 'own'], 'threw']).to.include(first);
          expect(again).to.equal(HANDLES[topic ?? 'own']);
        }
      });
});
