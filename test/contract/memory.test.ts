import { MemoryProducer } from '../../src/kinds/memory/memory-producer.ts';
import { type ContractFactory, type ContractOptions, producerContract } from '../../src/testing/contract.ts';

let producers: MemoryProducer[] = [];

const factory: ContractFactory = async ({ unavailable, settings, options }) => {
  const producer = new MemoryProducer({ name: 'contract', ...settings, type: 'memory' }, options);
  if (unavailable) producer.down();
  else producers.push(producer);
  return { producer, getMessageFromTopic: (topic, timeoutMs) => producer.take(topic, timeoutMs) };
};

const server: ContractOptions['server'] = {
  interrupt: () => {
    producers = producers.filter((producer) => producer.stats().state !== 'closed');
    for (const producer of producers) producer.down();
  },
  restore: () => {
    for (const producer of producers) producer.up();
  },
};

producerContract('memory', factory, {
  features: {
    ordered: true,
    persistent: false,
    headers: true,
    keys: true,
    tombstones: true,
    batches: false,
    exactlyOnce: false,
  },
  server,
  inline: true,
});
