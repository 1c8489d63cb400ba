/** The part of a custom producer's definition that outspool reads. The rest belongs to the class's own schema. */

import { z } from 'zod';
import { BaseProducerConfig } from './base.ts';

/** The location of the class. These two keys are not part of the class's configuration. */
export const ClassLocation = z.object({
  module: z
    .string()
    .min(1)
    .describe('The module with the class: a path relative to this file, or the name of a package. Required.'),
  export: z
    .string()
    .min(1)
    .optional()
    .describe("The name under which the module exports the class. Default: 'default', or the only class exported."),
});

export const CustomDefinition = BaseProducerConfig.extend({
  type: z.literal('custom').describe('A class of your own.'),
  ...ClassLocation.shape,
});

export type CustomDefinition = z.infer<typeof CustomDefinition>;
