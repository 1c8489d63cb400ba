/** Checks, for a file as a whole, that no two producers have the same spool, because the second one would not start. */

import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Found } from './dead-letter-targets.ts';
import type { Context } from './definition.ts';
import { quote } from './report/redact.ts';
import { checkUnique, type Holder } from './unique.ts';

/** Reports every spool in a directory but the first, by whatever path the setting names it. */
export function checkSpools(found: readonly Found[], context: Context): void {
  const { baseDir } = context.sources;
  const sharedBy = (definition: Found['value']) => {
    const named = spoolOf(definition);
    return named && realPath(resolve(baseDir, named));
  };
  checkUnique(found, { at: ['queue', 'spool', 'path'], sharedBy, problem }, context);
}

const problem = ({ name, line }: Holder): string =>
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
