/** The real commander program, for tests that read it or parse with it. */

import type { Command } from 'commander';
import { createProgram } from '../../../src/cli/program.ts';

export const testProgram = (): Command =>
  createProgram({ signal: new AbortController().signal, grace: () => {}, finished: () => {} });

/** The words that name each command, without those that only group others. */
export const pathsOf = (command: Command, path: readonly string[] = []): string[][] =>
  command.commands.length === 0 ? [[...path]] : command.commands.flatMap((one) => pathsOf(one, [...path, one.name()]));
