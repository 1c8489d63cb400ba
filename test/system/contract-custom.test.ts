import { BroadcastChannel } from 'node:worker_threads';
import { type ContractFactory, producerContract } from '../../src/testing/contract.ts';
import { MemoryProducer } from '../fixtures/producers/memory-producer.ts';
import { Inbox } from '../support/inbox.ts';
import { quiet } from '../support/quiet.ts';

const channels: BroadcastChannel[] = [];

const factory: ContractFactory = async ({ unavailable, settings, options }) => {
  const name = `contract-${channels.length}`;
  const inbox = new Inbox();
  const channel = new BroadcastChannel(name);
  channels.push(channel);
  channel.onmessage = (event) => {
    const { topic, ...message } = (event as MessageEvent).data;
    inbox.add(topic, message);
  };
  const producer = new MemoryProducer(
    { type: 'custom', name: 'memory', channel: name, available: !unavailable, ...settings },
    { logger: quiet, ...options },
  );
  return { producer, getMessageFromTopic: (topic, timeoutMs) => inbox.take(topic, timeoutMs) };
};

after(() => {
  for (const channel of channels) channel.close();
});

producerContract('a custom producer, one message at a time', factory, {
  features: {
    ordered: true,
    persistent: false,
    headers: true,
    keys: true,
    tombstones: true,
    batches: false,
    exactlyOnce: false,
  },
});
