/** The file kind, as the registry lists it. */

import { statSync } from 'node:fs';
import { quote } from '../../config/report/redact.ts';
import { WORKER_DESCRIPTORS } from '../common/descriptors.ts';
import type { Kind } from '../kind.ts';
import { SAMPLE } from './sample.ts';
import { type FileConfig, FileProducerConfig } from './schema.ts';

export const file: Kind = {
  schema: FileProducerConfig,
  sample: SAMPLE,
  load: async () => (await import('./file-producer.ts')).FileProducer,
  destination: ({ path }: FileConfig) => {
    const isHarmless = !hasLines(path);
    return { text: `the file ${quote(path)}${isHarmless ? '' : ', which has lines already'}`, isHarmless };
  },
  descriptors: () => WORKER_DESCRIPTORS + 1,
};

/** Whether a file has lines. Errors are ignored here, because the producer reports them. */
function hasLines(path: string): boolean {
  try {
    return statSync(path).size > 0;
  } catch {
    return false;
  }
}
