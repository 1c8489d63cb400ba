import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Channels } from '../../../../../src/kinds/kafka/partitions/channels.ts';
import { createHandover } from '../../../../../src/kinds/kafka/partitions/create.ts';
import { PackedBatch } from '../../../../support/packed-batch.ts';
import { until } from '../../../../support/until.ts';
import { FakeKafka, text } from './fake-kafka.ts';

describe('questions after topics', () => {
  it('may fail for every client at once: each failure is heard, and the question is asked again', async () => {
    const unheard: unknown[] = [];
    const note = (reason: unknown) => unheard.push(reason);
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', note);
    const kafka = new FakeKafka(1);
    const channels = new Channels(kafka.create('sets'), (role) => kafka.create(role));
    channels.for('single');
    let asked = 0;
    for (const client of kafka.clients)
      client.ask = () => {
        asked++;
        return Promise.reject(new Error('no broker'));
      };
    const options = { properties: {}, topicProperties: {}, defaults: { topic: 't', errorTopic: 'e' }, log: () => {} };
    const parts = { channels, searches: true, addressOf: () => 0, text, changed: () => {} };
    const { handover, topology } = createHandover(options, parts);
    void handover.add(new PackedBatch([{ value: 'x' }]));
    handover.pump();
    await until(() => asked >= 4);
    topology.close();
    handover.abandon();
    process.removeAllListeners('unhandledRejection');
    for (const listener of listeners) process.on('unhandledRejection', listener);
    expect(unheard).to.deep.equal([]);
  });
});
