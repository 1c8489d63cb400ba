/** Who has which spool, looked at for the file as a whole: a directory has one owner, and the second producer would not start. */

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

/** Reports every spool but the first of a directory, by whatever path it is named. */
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

/** Values of the wrong type are somebody else's error. */
function spoolOf(value: Found['value']): string | undefined {
  const { spool } = Object(value.queue) as { spool?: unknown };
  const { path } = Object(spool) as { path?: unknown };
  return typeof path === 'string' && path !== '' ? path : undefined;
}

/** Where a path leads, of which the end need not be there yet. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}
