/** The flag `--json`, and the last line of stdout for a command that failed before it had a result. */

import { type Command, Option } from 'commander';

/** Results of commands that have none yet, each with the keys of its command. */
const NOTHING = new WeakMap<Command, object>();

/** The result of a command that lists producers only. */
export const NO_PRODUCERS = { producers: [] };

const JSON_TEXT = 'put one JSON object on the last line of stdout';

/**
 * Adds `--json`. No command may add it by itself, so that each has an empty result.
 * `nothing` is the result of a run that failed before it had one.
 */
export function withJson(command: Command, nothing: object, text = JSON_TEXT): Command {
  NOTHING.set(command, nothing);
  return command.addOption(new Option('--json', text));
}

/** Returns the empty result of the command that `argv` names. @throws Error for a command that has `--json` without `withJson` */
export function nothingOf(program: Command, argv: readonly string[]): object {
  const command = named(program, argv);
  const nothing = NOTHING.get(command);
  if (nothing === undefined && command.options.some(({ long }) => long === '--json'))
    throw new Error(`the command '${command.name()}' must get --json from withJson`);
  return { ok: false, ...(nothing ?? NO_PRODUCERS) };
}

/** Finds the command in `argv`, even if commander refused its flags and never ran it. */
function named(command: Command, [word, ...rest]: readonly string[]): Command {
  const found = command.commands.find((one) => one.name() === word);
  return found === undefined ? command : named(found, rest);
}
