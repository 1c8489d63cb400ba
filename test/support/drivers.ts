/** The drivers of the Kafka kind that can be tested here. node-rdkafka needs a compiler, and is left out where it is not compiled. */

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { isCompiled } from '../../scripts/compiled-addon.mjs';

export type DriverName = 'librdkafka' | 'node-rdkafka';

/** Whether node-rdkafka is there, and compiled for this version of Node. */
export const hasNodeRdkafka: boolean = isUsable();

export const DRIVERS: readonly DriverName[] = hasNodeRdkafka ? ['librdkafka', 'node-rdkafka'] : ['librdkafka'];

function isUsable(): boolean {
  try {
    return isCompiled(dirname(createRequire(import.meta.url).resolve('node-rdkafka/package.json')));
  } catch {
    return false;
  }
}
