/** Adds to every command's help what `texts.ts` has for it, and prints the overview of `produce` without a command. */

import type { Command } from 'commander';
import { OUTSPOOL_VERSION } from '../../shared/version.ts';
import type { Example, HelpText } from './help-text.ts';
import { FIRST_STEPS, TEXTS } from './texts.ts';

/** Adds the texts to all commands. @throws Error for a command without a text */
export function addHelp(command: Command, path: readonly string[] = []): void {
  const name = path.join(' ');
  const text = TEXTS[name];
  if (text === undefined) throw new Error(`help/texts.ts has no text for 'produce ${name}'`);
  command.addHelpText('after', helpText(text));
  for (const one of command.commands) addHelp(one, [...path, one.name()]);
}

const helpText = ({ note, examples, exitCodes }: HelpText): string =>
  [
    ...(note === undefined ? [] : ['', note]),
    '',
    'Examples:',
    exampleLines(examples),
    ...(exitCodes === undefined ? [] : ['', `Exit codes: ${exitCodes}`]),
  ].join('\n');

/** Returns what `produce` prints when it is called without a command: the first steps and the names of all commands. */
export const overview = ({ commands }: Command): string =>
  [
    `produce ${OUTSPOOL_VERSION} sends messages through producers that are configured in YAML.`,
    '',
    'First steps:',
    exampleLines(FIRST_STEPS),
    '',
    `Commands: ${commands.map((command) => command.name()).join(', ')}`,
    "'produce COMMAND --help' shows the flags of a command with examples, 'produce --help' says what each command does.",
  ].join('\n');

/** Widest command, in characters, that has its explanation in the common column. */
const WIDEST = 56;

function exampleLines(examples: readonly Example[]): string {
  const explained = examples.filter(([line, why]) => why !== undefined && line.length <= WIDEST);
  const width = Math.max(0, ...explained.map(([line]) => line.length));
  return examples.map(([line, why]) => `  ${why === undefined ? line : `${line.padEnd(width)}  ${why}`}`).join('\n');
}
