/** Durations with their unit. They stay texts as they were written, so that a configuration remains plain data. */

import { z } from 'zod';
import { ConfigError } from '../../shared/errors.ts';
import { expecting, suggesting } from '../report/expected.ts';

const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
export const DURATION = /^(\d+(?:\.\d+)?) ?(ms|s|m|h)$/;
const EXPECTED = 'a duration with a unit, such as 250ms, 5s, 2m or 1h';

/** The longest wait of a timer, in seconds. setTimeout takes 2^31 - 1 ms and fires at once beyond that. */
export const MAX_SECONDS = 2_147_483;

/** Converts a duration such as `'5s'` to milliseconds. @throws ConfigError when it is not one; it names the option, if one is given */
export function parseDuration(text: string, option?: string): number {
  const [, amount, unit] = DURATION.exec(text) ?? [];
  if (amount === undefined)
    throw new ConfigError(`${option === undefined ? '' : `${option}: `}expected ${EXPECTED}, got '${text}'`);
  return Number(amount) * MILLISECONDS[unit as keyof typeof MILLISECONDS];
}

/** A schema for durations from `min` to `max`. It refuses a bare number, whose unit would be a guess. */
export function duration(min = '0ms', max = `${MAX_SECONDS}s`) {
  // A text without the right form fails the pattern already; failing here too would report it twice.
  const fits = (text: string): boolean => {
    if (!DURATION.test(text)) return true;
    return parseDuration(text) >= parseDuration(min) && parseDuration(text) <= parseDuration(max);
  };
  const schema = expecting(z.string().regex(DURATION).refine(fits), `${EXPECTED}, from ${min} to ${max}`);
  return suggesting(schema, withUnit(min));
}

/** Suggests a unit for a bare number. That of the minimum is the most likely one. */
function withUnit(min: string): (value: string | number) => string | undefined {
  const unit = DURATION.exec(min)?.[2];
  return (value) => (/^\d{1,9}$/.test(String(value)) ? `${value}${unit}` : undefined);
}
