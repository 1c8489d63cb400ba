/** Builds the last line of stdout, with the command's own keys, for a command that failed before it had a result. */

import type { Command } from 'commander';
import { NOTHING_CHECKED } from './check.ts';
import { NO_LETTERS } from './dead-letters/listing.ts';
import { NOTHING_REPLAYED } from './dead-letters/replay.ts';
import { NOTHING_PIPED } from './pipe/report.ts';
import { NOTHING_EXPORTED } from './spool/export.ts';
import { NO_SPOOLS } from './spool/listing.ts';
import { NOTHING_PEEKED } from './spool/peek.ts';
import { NOTHING_VERIFIED } from './spool/verify.ts';
import { NOTHING_VALIDATED } from './validate.ts';
import { NO_VERSIONS } from './version.ts';

/** The results of all commands but those that list producers only. */
const NOTHING: Readonly<Record<string, object>> = {
  check: NOTHING_CHECKED,
  version: NO_VERSIONS,
  validate: NOTHING_VALIDATED,
  pipe: NOTHING_PIPED,
  'dead-letters ls': NO_LETTERS,
  'dead-letters show': {},
  'dead-letters replay': NOTHING_REPLAYED,
  'spool ls': NO_SPOOLS,
  'spool peek': NOTHING_PEEKED,
  'spool verify': NOTHING_VERIFIED,
  'spool export': NOTHING_EXPORTED,
};

/** Returns the empty result of the command that `argv` names. */
export const nothingOf = (program: Command, argv: readonly string[]): object => ({
  ok: false,
  ...(NOTHING[named(program, argv).join(' ')] ?? { producers: [] }),
});

/** Finds the command in `argv`, even if commander refused its flags and never ran it. */
function named(command: Command, [word, ...rest]: readonly string[]): string[] {
  const found = command.commands.find((one) => one.name() === word);
  return found === undefined ? [] : [found.name(), ...named(found, rest)];
}
