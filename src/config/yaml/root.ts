/** Reads the root of a file: a mapping with a list of definitions under `producers`, and the other top-level keys. */

import { isMap, isScalar, isSeq, type Pair } from 'yaml';
import { didYouMean } from '../../shared/util/did-you-mean.ts';
import { quoteKey, shown } from '../report/redact.ts';
import type { Source } from './document.ts';
import { keyOf, repeated } from './mapping.ts';
import type { Problems } from './problems.ts';
import { offsetOf, type Reader } from './reader.ts';

/** The keys that the root of a file may have; `producers` is required. */
export const ROOT_KEYS = ['producers', 'routes', 'unmatched', 'sources', 'operations'] as const;

export type RootKey = (typeof ROOT_KEYS)[number];

/** The entry of each key in the file. A wrong key is reported and missing here. */
export type Root = ReadonlyMap<RootKey, Pair>;

const EXAMPLE = "expected a mapping with the key 'producers'";

/** A setting of a producer that is not indented is a key of the root. */
const EXPECTED = `, expected ${ROOT_KEYS.join(', ')}; settings of a producer are indented below it`;

/** Returns the entries of the root. Returns none and reports it when the root is no mapping. */
export function rootOf(source: Source, problems: Problems): Root {
  const root = source.document.contents;
  if (!isMap(root)) {
    const got = isSeq(root) ? 'a list' : shown(isScalar(root) ? root.value : undefined);
    problems.add(offsetOf(root) ?? 0, [], `${EXAMPLE}, got ${got}`);
    return new Map();
  }
  const entries = new Map<RootKey, Pair>();
  for (const pair of root.items) addEntry(entries, pair, { source, problems });
  if (!entries.has('producers'))
    problems.add(offsetOf(root) ?? 0, ['producers'], "missing key 'producers', expected a list of producers");
  return entries;
}

interface Context {
  readonly source: Source;
  readonly problems: Problems;
}

function addEntry(entries: Map<RootKey, Pair>, pair: Pair, { source, problems }: Context): void {
  const offset = offsetOf(pair.key) ?? 0;
  const key = keyOf(pair);
  const known = ROOT_KEYS.find((name) => name === key);
  if (key === undefined) problems.add(offset, [], 'a key must be a text');
  else if (known === undefined)
    problems.add(offset, [key], `unknown key ${quoteKey(key)}${didYouMean(key, ROOT_KEYS) || EXPECTED}`);
  else if (entries.has(known))
    problems.add(offset, [key], repeated(known, source.at(offsetOf(entries.get(known)?.key) ?? 0).line));
  else entries.set(known, pair);
}

/** Returns the nodes of the list under a key. Returns none and reports it when the value is no list or an empty one. */
export function listNodes(key: RootKey, root: Root, { reader, problems }: Readers): unknown[] {
  const pair = root.get(key);
  if (pair === undefined) return [];
  const list = reader.target(pair.value, [key]);
  if (isSeq(list) && list.items.length > 0) return list.items;
  const got = isScalar(list) ? shown(list.value) : isMap(list) ? 'a mapping' : shown([]);
  const offset = offsetOf(pair.value) ?? offsetOf(pair.key) ?? 0;
  if (list !== undefined) problems.add(offset, [key], `expected a list of ${key}, got ${got}`);
  return [];
}

interface Readers {
  readonly reader: Reader;
  readonly problems: Problems;
}
