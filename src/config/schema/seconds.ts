/** Settings whose names end in `_seconds`: a number, or a duration with its unit. In the validated configuration they are numbers. */

import { z } from 'zod';
import { expectation, expecting } from '../report/expected.ts';
import { DURATION, parseDuration } from './duration.ts';

const MS = 1000;

/** `number` says which numbers may be given; a duration must be one of them, in seconds. */
export function seconds(number: z.ZodNumber) {
  const text = z
    .string()
    .regex(DURATION)
    .transform((written) => parseDuration(written) / MS)
    .pipe(number);
  return expecting(z.union([number, text]), `${expectation(number)}, or a duration such as 60s`);
}
