/** Durations with their unit. They stay as they were written, so that a configuration remains plain data. */

import { z } from 'zod';
import { ConfigError } from '../../shared/errors.ts';
import { expecting, suggesting } from '../report/expected.ts';

const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
/** A number and its unit. */
export const DURATION = /^(\d+(?:\.\d+)?) ?(ms|s|m|h)$/;
const EXPECTED = 'a duration with a unit, such as 250ms, 5s, 2m or 1h';

/** The longest wait that a timer can hold: setTimeout takes 2^31 - 1 ms and fires at once beyond that. */
export const MAX_SECONDS = 2_147_483;

/** Milliseconds of a duration such as `'5s'`. @throws ConfigError when it is not one */
export function parseDuration(text: string): number {
  const [, amount, unit] = DURATION.exec(text) ?? [];
  if (amount === undefined) throw new ConfigError(`expected ${EXPECTED}, got '${text}'`);
  return Number(amount) * MILLISECONDS[unit as keyof typeof MILLISECONDS];
}

/** A schema for durations from `min` to `max`. A bare number is refused: nobody can tell its unit. */
export function duration(min = '0ms', max = `${MAX_SECONDS}s`) {
  // A text without the right form fails the pattern already; failing here too would report it twice.
  const fits = (text: string): boolean => {
    if (!DURATION.test(text)) return true;
    return parseDuration(text) >= parseDuration(min) && parseDuration(text) <= parseDuration(max);
  };
  const schema = expecting(z.string().regex(DURATION).refine(fits), `${EXPECTED}, from ${min} to ${max}`);
  return suggesting(schema, withUnit(min));
}

/** A bare number is most likely of the unit that the least value has. */
function withUnit(min: string): (value: string | number) => string | undefined {
  const unit = DURATION.exec(min)?.[2];
  return (value) => (/^\d{1,9}$/.test(String(value)) ? `${value}${unit}` : undefined);
}
