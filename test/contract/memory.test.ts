import { MemoryProducer } from '../../src/producers/memory/memory-producer.ts';
import { type ContractFactory, producerContract } from '../../src/testing/contract.ts';
import { quiet } from '../support/quiet.ts';

const factory: ContractFactory = async ({ unavailable }) => {
  const producer = new MemoryProducer({ type: 'memory', name: 'contract' }, { logger: quiet });
  if (unavailable) producer.down();
  return { producer, getMessageFromTopic: (topic, timeoutMs) => producer.take(topic, timeoutMs) };
};

producerContract('memory', factory);
