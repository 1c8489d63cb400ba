/** The memory kind, as the registry lists it. */

import type { Kind } from '../kind.ts';
import { SAMPLE } from './sample.ts';
import { MemoryProducerConfig } from './schema.ts';

export const memory: Kind = {
  schema: MemoryProducerConfig,
  sample: SAMPLE,
  load: async () => (await import('./memory-producer.ts')).MemoryProducer,
  destination: () => ({ text: 'the memory of this command', isHarmless: true }),
  descriptors: () => 0, // it has no thread
};
