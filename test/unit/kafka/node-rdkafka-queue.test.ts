import { expect } from 'chai';
import { NodeRdkafkaQueue, type ProduceCall } from '../../../src/producers/kafka/node-rdkafka-queue.ts';
import { PackedBatch } from '../../support/packed-batch.ts';

describe('handing over to node-rdkafka', () => {
  it('begins with one message, until the broker has taken one of this client: it would take what is behind a refused set', async () => {
    const opaques: number[] = [];
    const producer: ProduceCall = { produce: (...args) => void opaques.push(args[5]) };
    const queue = new NodeRdkafkaQueue(producer, {});
    const batch = new PackedBatch([{ value: 'a' }, { value: 'b' }, { value: 'c' }]);
    const ended = queue.add(batch);
    queue.pump();
    queue.pump();
    expect(opaques).to.deep.equal([1]);
    queue.report(null, { opaque: 1, partition: 0, offset: 0 });
    queue.pump();
    expect(opaques).to.deep.equal([1, 2, 3]);
    for (const opaque of [2, 3]) queue.report(null, { opaque, partition: 0, offset: opaque });
    await ended;
  });
});
