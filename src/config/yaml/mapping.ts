/** Reads the entries of a YAML mapping. It merges those of merge keys (`<<`) and refuses repeated keys. */

import { isMap, isScalar, isSeq, type Pair, type YAMLMap } from 'yaml';
import type { Path } from '../report/positions.ts';
import { quoteKey } from '../report/redact.ts';

/** What the reading of a mapping needs in addition to its node. */
export interface Surroundings {
  readonly path: Path;
  /** Follows the aliases of a node to the node that they stand for; undefined when there is none. */
  readonly target: (node: unknown) => unknown;
  readonly report: (offset: number, path: Path, message: string) => void;
  /** Returns the line, from 1, of an offset. */
  readonly lineOf: (offset: number) => number;
}

/** Maximum number of merges in one mapping. Merges of merges multiply, and a mapping may merge itself. */
const MAX_MERGES = 100;

const MERGE_KEY = '<<';

type Entries = Map<string, Pair>;

/** Returns the entries in order: first the mapping's own, then the merged ones, of which the first with a key wins. */
export function mappingEntries(map: YAMLMap, surroundings: Surroundings): [string, Pair][] {
  const entries: Entries = new Map();
  for (const pair of map.items) addOwn(entries, pair, surroundings);
  for (const pair of map.items.filter(isMerge)) merge(entries, pair.value, { ...surroundings, pair, count: 0 });
  return [...entries];
}

/** Returns the key as text, as every schema takes it; undefined for a mapping or a list as a key. */
export function keyOf({ key }: Pair): string | undefined {
  if (!isScalar(key)) return undefined;
  return typeof key.value === 'string' ? key.value : (key.source ?? '');
}

const isMerge = (pair: Pair): boolean => keyOf(pair) === MERGE_KEY;

const offsetOf = (node: unknown): number => (node as { range?: number[] } | null)?.range?.[0] ?? 0;

function addOwn(entries: Entries, pair: Pair, { report, path, lineOf }: Surroundings): void {
  const key = keyOf(pair);
  const first = key === undefined ? undefined : entries.get(key);
  if (key === undefined) report(offsetOf(pair.key), path, 'a key must be a text');
  else if (first !== undefined) report(offsetOf(pair.key), [...path, key], repeated(key, lineOf(offsetOf(first.key))));
  else if (key !== MERGE_KEY) entries.set(key, pair);
}

/** Describes a key that a mapping has on an earlier line already. */
export const repeated = (key: string, line: number): string =>
  `duplicate key ${quoteKey(key)}, first used on line ${line}`;

interface Merge extends Surroundings {
  readonly pair: Pair;
  count: number;
}

function merge(entries: Entries, node: unknown, merging: Merge): void {
  merging.count++;
  if (merging.count === MAX_MERGES) refuse(merging, 'merges too much, or itself');
  if (merging.count >= MAX_MERGES) return;
  const source = merging.target(node);
  if (isSeq(source)) for (const item of source.items) merge(entries, item, merging);
  else if (isMap(source)) mergeMapping(entries, source, merging);
  else if (source !== undefined) refuse(merging, 'takes a mapping or a list of mappings');
}

function mergeMapping(entries: Entries, source: YAMLMap, merging: Merge): void {
  for (const pair of source.items) {
    const key = keyOf(pair);
    if (key === MERGE_KEY) merge(entries, pair.value, merging);
    else if (key !== undefined && !entries.has(key)) entries.set(key, pair);
  }
}

function refuse({ report, path, pair }: Merge, why: string): void {
  report(offsetOf(pair.key), [...path, MERGE_KEY], `the merge key << ${why}`);
}
