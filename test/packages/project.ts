/** Projects of users that have installed outspool from a registry. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Ended, run } from './run.ts';
import { folderWith, registryUrl, tool } from './set-up.ts';

/** One line that each program prints. */
export const DELIVERED = 'delivered: {"total":9.5}\n';

const PROGRAMS = [
  'deliver.mjs',
  'main.mjs',
  'main.cjs',
  'thread.mjs',
  'cluster.mjs',
  'managed.mjs',
  'service.mjs',
  'bundled.mjs',
  'deliver.test.mjs',
];

/** Makes a project with outspool and the given packages installed by npm, without install scripts. */
export async function npmProject(packages: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await folderWith(PROGRAMS);
  await writePackage(folder, packages);
  await succeeds(folder, ['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', ...registry()]);
  return folder;
}

export async function writePackage(folder: string, packages: Readonly<Record<string, string>> = {}): Promise<void> {
  const manifest = { name: 'user', private: true, type: 'module', dependencies: { outspool: '*', ...packages } };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
}

/** The flags of npm and pnpm for the registry that has the packages. */
export const registry = (): string[] => [`--registry=${registryUrl()}`];

/** Runs a command that must end with exit code 0. */
export async function succeeds(
  cwd: string,
  command: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const ended = await run(cwd, command, env);
  expect(ended.code, `${command.join(' ')}\n${ended.output}`).to.equal(0);
  return ended;
}

/** Runs a program that must deliver its messages and print nothing else but the log. */
export async function delivers(
  cwd: string,
  command: readonly [string, ...string[]],
  expected = DELIVERED,
): Promise<void> {
  const { stdout } = await succeeds(cwd, command, { OUTSPOOL_LOG_LEVEL: 'warn' });
  expect(stdout).to.equal(expected);
}

export const nodeOf = (version: string): string => tool(`node${version}`, 'bin', 'node');
