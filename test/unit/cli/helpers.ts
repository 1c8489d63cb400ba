/** The real commander program, for tests that read it or parse with it. */

import type { Command } from 'commander';
import { createProgram } from '../../../src/cli/program.ts';

export const testProgram = (): Command =>
  createProgram({ signal: new AbortController().signal, grace: () => {}, finished: () => {} });

/** The words that name each command, without those that only group others. */
export const pathsOf = (command: Command, path: readonly string[] = []): string[][] =>
  command.commands.length === 0 ? [[...path]] : command.commands.flatMap((one) => pathsOf(one, [...path, one.name()]));

/** The words that name each command, the program itself and groups among them. */
export const everyPathOf = (command: Command, path: readonly string[] = []): string[][] => [
  [...path],
  ...command.commands.flatMap((one) => everyPathOf(one, [...path, one.name()])),
];

/** The command that these words name. */
export const at = (program: Command, path: readonly string[]): Command =>
  path.reduce((command, word) => command.commands.find((one) => one.name() === word) as Command, program);
