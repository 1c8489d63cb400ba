/** Checks, for a file as a whole, that no two producers have the same spool, because the second one would not start. */

import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Found } from './dead-letter-targets.ts';
import type { Context } from './definition.ts';
import { quote } from './report/redact.ts';

interface Owner {
  readonly name: string;
  readonly line: number;
}

const PATH = ['queue', 'spool', 'path'];

/** Reports every spool in a directory but the first, by whatever path the setting names it. */
export function checkSpools(found: readonly Found[], { reader, source, sources, problems }: Context): void {
  const owners = new Map<string, Owner>();
  for (const { path, value } of found) {
    const here = [...path, ...PATH];
    const named = spoolOf(value);
    if (named === undefined || reader.marks.isUnreadable(here)) continue;
    const directory = realPath(resolve(sources.baseDir, named));
    const offset = reader.marks.offset(here, 'value');
    const first = owners.get(directory);
    if (first === undefined) owners.set(directory, { name: String(value.name), line: source.at(offset).line });
    else problems.add(offset, here, reader.marks.mask(taken(first)));
  }
}

const taken = ({ name, line }: Owner): string =>
  `is the directory of producer ${quote(name)}, on line ${line}, too: expected one of its own, as a spool has one owner`;

/** Ignores values of the wrong type, because the schema reports them. */
function spoolOf(value: Found['value']): string | undefined {
  const { spool } = Object(value.queue) as { spool?: unknown };
  const { path } = Object(spool) as { path?: unknown };
  return typeof path === 'string' && path !== '' ? path : undefined;
}

/** Resolves the links of a path whose last parts need not exist yet. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}
