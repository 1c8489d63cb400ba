import { BroadcastChannel } from 'node:worker_threads';
import { type ContractFactory, producerContract } from '../../src/testing/contract.ts';
import { MemoryProducer } from '../fixtures/producers/memory-producer.ts';
import { Inbox } from '../support/inbox.ts';
import { quiet } from '../support/quiet.ts';

const channels: BroadcastChannel[] = [];

const factory: ContractFactory = async ({ unavailable }) => {
  const name = `contract-${channels.length}`;
  const inbox = new Inbox();
  const channel = new BroadcastChannel(name);
  channels.push(channel);
  channel.onmessage = (event) => {
    const { topic, ...message } = (event as MessageEvent).data;
    inbox.add(topic, message);
  };
  const producer = new MemoryProducer(
    { type: 'custom', name: 'memory', channel: name, available: !unavailable },
    { logger: quiet },
  );
  return { producer, getMessageFromTopic: (topic, timeoutMs) => inbox.take(topic, timeoutMs) };
};

after(() => {
  for (const channel of channels) channel.close();
});

producerContract('a custom producer in memory', factory);
