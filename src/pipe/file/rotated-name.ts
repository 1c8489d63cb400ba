/** What rotation adds to the name of a file, and which of two such names is the older one. */

/**
 * ```text
 * app.log.3  app.log.2  app.log.1  app.log           numbers: the lowest is the newest
 * app.log-20261127  app.log-20261128  app.log        dates and times: the highest is the newest
 * ```
 */
export interface RotatedName {
  readonly scheme: 'number' | 'time';
  /** The numbers of the name, so that the higher one is newer, whatever the scheme. */
  readonly age: readonly number[];
  /** Whether it was compressed. Such a file is not read. */
  readonly isCompressed: boolean;
}

/** A copy made by hand (`app.log.1.bak`) is not part of the rotation. */
const ADDED = /^[.-](\d[\d.:_TZ+-]*?)(\.(?:gz|bz2|xz|zst|lz4|zip|Z))?$/;

/** A date has at least six digits, as in `202611`; a file is not rotated so many times. */
const COUNTER = /^\d{1,5}$/;

/** Undefined for a name that rotation does not give to the file `base`. */
export function rotatedName(name: string, base: string): RotatedName | undefined {
  const [, added, compression] = name.startsWith(base) ? (ADDED.exec(name.slice(base.length)) ?? []) : [];
  if (added === undefined) return undefined;
  const isCompressed = compression !== undefined;
  if (COUNTER.test(added)) return { scheme: 'number', age: [-Number(added)], isCompressed };
  return { scheme: 'time', age: numbersOf(added), isCompressed };
}

/** `2026-11-28.2` and `20261128.2` are the same time. */
function numbersOf(time: string): number[] {
  const [, year, month, day, rest] = /^(\d{4})-?(\d{2})-?(\d{2})(.*)$/.exec(time) ?? [];
  const parts = year === undefined ? [time] : [year, month, day, rest];
  return parts
    .join(' ')
    .split(/\D+/)
    .filter((digits) => digits !== '')
    .map(Number);
}

/** Negative when the first is older. Undefined where the names do not tell. */
export function compareNames(one: RotatedName, other: RotatedName): number | undefined {
  if (one.scheme !== other.scheme) return undefined;
  const length = Math.max(one.age.length, other.age.length);
  for (let part = 0; part < length; part++) {
    const difference = (one.age[part] ?? -1) - (other.age[part] ?? -1);
    if (difference !== 0) return difference;
  }
  return undefined;
}
