/**
 * The last line of stdout where a command has failed before it had a result: with the command's own keys, so that a program
 * need not tell two shapes apart. Null: not known.
 */

import type { Command } from 'commander';

const SENT = { producers: [] };

const NOTHING: Readonly<Record<string, object>> = {
  validate: { producers: [], routes: [], sources: [], issues: [] },
  pipe: { producers: [], sources: [] },
  'dead-letters ls': { files: [] },
  'dead-letters show': {},
  'dead-letters replay': { letters: null, delivered: null, failed: null, left: null, unreadable: null, producers: [] },
  'spool ls': { spools: [] },
  'spool peek': { directory: null, pending: null, shown: null, lost: null },
  'spool verify': {
    directory: null,
    records: null,
    pending: null,
    lost: null,
    damage: [],
    putAside: [],
    owner: null,
  },
  'spool export': { directory: null, messages: null, written: null, leftOut: null, without: null, lost: null },
};

/** What the command that `argv` names says then. */
export const nothingOf = (program: Command, argv: readonly string[]): object => ({
  ok: false,
  ...(NOTHING[named(program, argv).join(' ')] ?? SENT),
});

/** Also where commander has refused its flags, so that it never ran. */
function named(command: Command, [word, ...rest]: readonly string[]): string[] {
  const found = command.commands.find((one) => one.name() === word);
  return found === undefined ? [] : [found.name(), ...named(found, rest)];
}
