/** The drivers of the Kafka kind that can be tested here. node-rdkafka needs a compiler, and is left out where it is not compiled. */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export type DriverName = 'librdkafka' | 'node-rdkafka';

/** Whether node-rdkafka is there and compiled. */
export const hasNodeRdkafka: boolean = isCompiled();

export const DRIVERS: readonly DriverName[] = hasNodeRdkafka ? ['librdkafka', 'node-rdkafka'] : ['librdkafka'];

function isCompiled(): boolean {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('node-rdkafka/package.json'));
    return existsSync(join(folder, 'build/Release/node-librdkafka.node'));
  } catch {
    return false;
  }
}
