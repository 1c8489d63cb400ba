/** Reports values that only one definition of a file may have. */

import type { Found } from './dead-letter-targets.ts';
import type { Context } from './definition.ts';
import type { Path } from './report/positions.ts';

/** The first definition that has a value. */
export interface Holder {
  readonly name: string;
  readonly line: number;
}

export interface Unique {
  /** The path of the setting within a definition. */
  readonly at: Path;
  /** Returns what no two definitions may share; undefined where a definition has none. */
  sharedBy(definition: Found['value']): unknown;
  problem(first: Holder): string;
}

/** Reports every definition with a value that one before it has. */
export function checkUnique(found: readonly Found[], { at, sharedBy, problem }: Unique, context: Context): void {
  const { reader, source, problems } = context;
  const holders = new Map<unknown, Holder>();
  for (const { path, value } of found) {
    const here = [...path, ...at];
    const held = sharedBy(value);
    if (held === undefined || reader.marks.isUnreadable(here)) continue;
    const offset = reader.marks.offset(here, 'value');
    const first = holders.get(held);
    if (first === undefined) holders.set(held, { name: String(value.name), line: source.at(offset).line });
    else problems.add(offset, here, reader.marks.mask(problem(first)));
  }
}
