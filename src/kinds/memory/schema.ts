/** The schema of a producer that keeps its delivered messages in memory, for tests of code that uses producers. */

import { z } from 'zod';
import { BaseProducerConfig } from '../../config/schema/base.ts';

/** Settings of a memory producer. */
export const MemoryProducerConfig = BaseProducerConfig.extend({
  type: z.literal('memory').describe('Keeps messages in memory, for tests.'),
  keep: z
    .number()
    .multipleOf(1)
    .min(1)
    .max(Number.MAX_SAFE_INTEGER)
    .default(10_000)
    .describe('How many delivered messages are kept; older ones are forgotten. Default: 10000.'),
});
