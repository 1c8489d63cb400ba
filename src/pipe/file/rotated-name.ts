/** Parses what rotation appends to a file's name, and tells which of two such names is older. */

/**
 * ```text
 * app.log.3  app.log.2  app.log.1  app.log           numbers: the lowest is the newest
 * app.log-20261127  app.log-20261128  app.log        dates and times: the highest is the newest
 * ```
 */
export interface RotatedName {
  readonly scheme: 'number' | 'time';
  /** Numbers of the name, arranged so that the higher one is newer in both schemes. */
  readonly age: readonly number[];
  /** Whether the file is compressed, and therefore not read. */
  readonly isCompressed: boolean;
}

/** Pattern of what rotation appends. A copy made by hand (`app.log.1.bak`) does not match. */
const ADDED = /^[.-](\d[\d.:_TZ+-]*?)(\.(?:gz|bz2|xz|zst|lz4|zip|Z))?$/;

/** Pattern of a counter. A date has at least six digits, as in `202611`, and no file is rotated that often. */
const COUNTER = /^\d{1,5}$/;

/** Returns undefined for a name that rotation does not give to the file `base`. */
export function rotatedName(name: string, base: string): RotatedName | undefined {
  const [, added, compression] = name.startsWith(base) ? (ADDED.exec(name.slice(base.length)) ?? []) : [];
  if (added === undefined) return undefined;
  const isCompressed = compression !== undefined;
  if (COUNTER.test(added)) return { scheme: 'number', age: [-Number(added)], isCompressed };
  return { scheme: 'time', age: numbersOf(added), isCompressed };
}

/** Splits a time into numbers; `2026-11-28.2` and `20261128.2` are the same time. */
function numbersOf(time: string): number[] {
  const [, year, month, day, rest] = /^(\d{4})-?(\d{2})-?(\d{2})(.*)$/.exec(time) ?? [];
  const parts = year === undefined ? [time] : [year, month, day, rest];
  return parts
    .join(' ')
    .split(/\D+/)
    .filter((digits) => digits !== '')
    .map(Number);
}

/** Returns a negative number when the first is older, and undefined where the names do not tell. */
export function compareNames(one: RotatedName, other: RotatedName): number | undefined {
  if (one.scheme !== other.scheme) return undefined;
  const length = Math.max(one.age.length, other.age.length);
  for (let part = 0; part < length; part++) {
    const difference = (one.age[part] ?? -1) - (other.age[part] ?? -1);
    if (difference !== 0) return difference;
  }
  return undefined;
}
