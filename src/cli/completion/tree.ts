/** The commands with their flags and arguments, as a completion script needs them. All of it comes from the command line itself. */

import type { Argument, Command, Option } from 'commander';

/** What completes a value: the names of files or directories, one of some words, or nothing that could be known. */
export type Values = { readonly of: 'files' | 'directories' | 'unknown' } | { readonly of: readonly string[] };

export interface Flag {
  /** `-c`, if it has one. */
  readonly short?: string;
  /** `--config`. */
  readonly long: string;
  readonly text: string;
  /** Undefined for a flag without a value. */
  readonly values?: Values;
}

export interface Positional {
  readonly name: string;
  readonly isVariadic: boolean;
  readonly values: Values;
}

export interface Node {
  /** The words of the command, without `produce`. */
  readonly path: readonly string[];
  readonly text: string;
  readonly flags: readonly Flag[];
  readonly positionals: readonly Positional[];
  readonly commands: readonly Node[];
}

const HELP: Flag = { short: '-h', long: '--help', text: 'display help for command' };

export function treeOf(command: Command, path: readonly string[] = []): Node {
  return {
    path,
    text: command.description(),
    flags: [...command.options.map(flagOf), HELP],
    positionals: command.registeredArguments.map(positionalOf),
    commands: command.commands.map((one) => treeOf(one, [...path, one.name()])),
  };
}

/** Returns a node and all below it. */
export const allNodes = (node: Node): Node[] => [node, ...node.commands.flatMap(allNodes)];

function flagOf({ short, long, flags, description, required, optional, argChoices }: Option): Flag {
  const placeholder = /[<[](.*?)[>\]]/.exec(flags)?.[1] ?? '';
  return {
    ...(short !== undefined && { short }),
    long: String(long),
    text: description,
    ...((required || optional) && { values: valuesOf(placeholder, argChoices) }),
  };
}

function positionalOf(argument: Argument): Positional {
  const name = argument.name();
  return { name, isVariadic: argument.variadic, values: valuesOf(name, argument.argChoices) };
}

const FILES: ReadonlySet<string> = new Set(['file', 'files']);
const DIRECTORIES: ReadonlySet<string> = new Set(['directory', 'directories']);

/** Decides by the placeholder: `<file>` takes the name of a file. */
function valuesOf(placeholder: string, choices: readonly string[] | undefined): Values {
  if (choices !== undefined) return { of: choices };
  const name = placeholder.replace(/\.\.\.$/, '');
  return { of: FILES.has(name) ? 'files' : DIRECTORIES.has(name) ? 'directories' : 'unknown' };
}

/** Returns the spellings of a flag. */
export const spellings = ({ short, long }: Flag): string[] => (short === undefined ? [long] : [short, long]);
