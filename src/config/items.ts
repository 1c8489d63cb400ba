/** The root of a file: one key, `producers`, and under it a list of definitions. */

import { isMap, isScalar, isSeq, type Pair } from 'yaml';
import { keyOf } from './mapping.ts';
import { didYouMean } from './nearest.ts';
import type { Problems } from './problems.ts';
import { offsetOf, type Reader } from './reader.ts';
import { quoteKey, shown } from './shown.ts';
import type { Source } from './source.ts';

const ROOT_KEY = 'producers';
const EXAMPLE = `expected a mapping with the key '${ROOT_KEY}'`;

/** The nodes of the definitions; none, and reported, when the root is not what it should be. */
export function itemNodes(source: Source, reader: Reader, problems: Problems): unknown[] {
  const root = source.document.contents;
  if (!isMap(root)) {
    const got = isSeq(root) ? 'a list' : shown(isScalar(root) ? root.value : undefined);
    problems.add(offsetOf(root) ?? 0, [], `${EXAMPLE}, got ${got}`);
    return [];
  }
  const found = root.items.filter((pair) => isRootKey(pair, problems));
  for (const again of found.slice(1)) problems.add(offsetOf(again.key) ?? 0, [ROOT_KEY], `duplicate key '${ROOT_KEY}'`);
  if (found[0] !== undefined) return listItems(found[0], reader, problems);
  problems.add(offsetOf(root) ?? 0, [ROOT_KEY], `missing key '${ROOT_KEY}', expected a list of producers`);
  return [];
}

function isRootKey(pair: Pair, problems: Problems): boolean {
  const key = keyOf(pair);
  if (key === ROOT_KEY) return true;
  const message =
    key === undefined ? 'a key must be a text' : `unknown key ${quoteKey(key)}${didYouMean(key, [ROOT_KEY])}`;
  problems.add(offsetOf(pair.key) ?? 0, key === undefined ? [] : [key], message);
  return false;
}

function listItems({ key, value }: Pair, reader: Reader, problems: Problems): unknown[] {
  const list = reader.target(value, [ROOT_KEY]);
  if (isSeq(list) && list.items.length > 0) return list.items;
  const got = isScalar(list) ? shown(list.value) : isMap(list) ? 'a mapping' : shown([]);
  const offset = offsetOf(value) ?? offsetOf(key) ?? 0;
  if (list !== undefined) problems.add(offset, [ROOT_KEY], `expected a list of producers, got ${got}`);
  return [];
}
