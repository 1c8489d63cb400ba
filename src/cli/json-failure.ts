/**
 * Builds the last line of stdout for a command that failed before it had a result. It has the command's own keys, so that
 * programs need not handle a second shape. Null stands for an unknown number.
 */

import type { Command } from 'commander';

const SENT = { producers: [] };

const NOTHING: Readonly<Record<string, object>> = {
  check: { producers: [], librdkafka: null },
  version: { outspool: null, node: null, platform: null, koffi: null, librdkafka: null, kinds: [] },
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

/** Returns the empty result of the command that `argv` names. */
export const nothingOf = (program: Command, argv: readonly string[]): object => ({
  ok: false,
  ...(NOTHING[named(program, argv).join(' ')] ?? SENT),
});

/** Finds the command in `argv`, even if commander refused its flags and never ran it. */
function named(command: Command, [word, ...rest]: readonly string[]): string[] {
  const found = command.commands.find((one) => one.name() === word);
  return found === undefined ? [] : [found.name(), ...named(found, rest)];
}
