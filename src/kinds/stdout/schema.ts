/** The schema of a producer that writes lines to the standard output of its process. */

import { z } from 'zod';
import { BaseProducerConfig } from '../../config/schema/base.ts';
import { MAX_SECONDS } from '../../config/schema/duration.ts';
import { lineFormat } from '../../config/schema/line-format.ts';
import { seconds } from '../../config/schema/seconds.ts';

/** Default attempt timeout, because a reader that is slow or waits at a prompt is no failure. */
const ONE_DAY_SECONDS = 86_400;

/** Settings of a stdout producer. */
export const StdoutProducerConfig = BaseProducerConfig.extend({
  type: z.literal('stdout').describe('Lines on the standard output.'),
  attempt_timeout_seconds: seconds(z.number().gt(0).max(MAX_SECONDS))
    .default(ONE_DAY_SECONDS)
    .describe('Seconds for which the reader may take nothing before an attempt counts as failed. Default: 86400.'),
  format: lineFormat(),
});
