/** Settings whose names end in `_seconds`: a number, or a duration with its unit. The validated configuration has numbers. */

import { z } from 'zod';
import { expectation, expecting } from '../report/expected.ts';
import { DURATION, parseDuration } from './duration.ts';

const MS = 1000;

/** A schema for seconds. `number` describes the numbers that are allowed; a duration must be one of them, in seconds. */
export function seconds(number: z.ZodNumber) {
  const text = z
    .string()
    .regex(DURATION)
    .transform((written) => parseDuration(written) / MS)
    .pipe(number);
  return expecting(z.union([number, text]), `${expectation(number)}, or a duration such as 60s`);
}
