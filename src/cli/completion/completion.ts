/** `produce completion`: prints the completion script for a shell. */

import type { Command } from 'commander';
import { standardOutput } from '../print.ts';
import { EXIT, type ExitCode } from '../process/exit.ts';
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { type Node, treeOf } from './tree.ts';
import { zshScript } from './zsh.ts';

const SCRIPTS: Readonly<Record<string, (root: Node) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export const SHELLS: readonly string[] = Object.keys(SCRIPTS);

export async function completion(shell: string, program: Command): Promise<ExitCode> {
  await standardOutput.write((SCRIPTS[shell] as (root: Node) => string)(treeOf(program)));
  return EXIT.delivered;
}
