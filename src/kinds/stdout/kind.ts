/** The stdout kind, as the registry lists it. */

import { WORKER_DESCRIPTORS } from '../common/descriptors.ts';
import type { Kind } from '../kind.ts';
import { SAMPLE } from './sample.ts';
import { StdoutProducerConfig } from './schema.ts';
import { checkStdout } from './single-stdout.ts';

export const stdout: Kind = {
  schema: StdoutProducerConfig,
  sample: SAMPLE,
  checkFile: checkStdout,
  load: async () => (await import('./stdout-producer.ts')).StdoutProducer,
  destination: () => ({ text: 'the standard output', isHarmless: true }),
  descriptors: () => WORKER_DESCRIPTORS,
};
