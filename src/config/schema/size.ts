/** Sizes in bytes or with a unit. They stay as they were written, so that a configuration remains plain data. */

import { z } from 'zod';
import { ConfigError } from '../../shared/errors.ts';
import { expecting } from '../report/expected.ts';

const BYTES = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const;
const SIZE = /^(\d+(?:\.\d+)?) ?(B|KB|MB|GB|KiB|MiB|GiB)$/;
const EXPECTED = 'a size in bytes or with a unit, such as 512KiB, 10MB or 64MiB';

/** Converts a size such as `'64MiB'` to bytes, rounded down; a number is bytes already. @throws ConfigError when it is not a size */
export function parseSize(size: string | number): number {
  if (typeof size === 'number') return size;
  const [, amount, unit] = SIZE.exec(size) ?? [];
  if (amount === undefined) throw new ConfigError(`expected ${EXPECTED}, got '${size}'`);
  return Math.floor(Number(amount) * BYTES[unit as keyof typeof BYTES]);
}

/** A schema for sizes from `min` to `max`. */
export function size(min: string, max?: string) {
  const least = parseSize(min);
  const most = max === undefined ? Number.MAX_SAFE_INTEGER : parseSize(max);
  // A text without the right form fails the pattern already; failing here too would report it twice.
  const fits = (text: string): boolean => !SIZE.test(text) || (parseSize(text) >= least && parseSize(text) <= most);
  const schema = z.union([z.int().min(least).max(most), z.string().regex(SIZE).refine(fits)]);
  return expecting(schema, `${EXPECTED}, ${max === undefined ? `at least ${min}` : `from ${min} to ${max}`}`);
}
