/** Package managers: what each of them lays out is found, in one project and in a monorepo. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { delivers, nodeOf, npmProject, registry, succeeds, writePackage } from './project.ts';
import { addPrograms, folderWith, registryUrl, tool } from './set-up.ts';

const PROGRAMS = ['deliver.mjs', 'main.mjs'];

const pnpm = (...args: string[]): [string, ...string[]] => [
  nodeOf('22'),
  tool('pnpm/bin/pnpm.mjs'),
  ...args,
  ...registry(),
];

/** pnpm fails where a package has an install script of which nothing is said. koffi's does nothing where its native part is installed. */
const PNPM_SETTINGS = 'allowBuilds:\n  koffi: false\n';

/** A monorepo in which one of the packages uses outspool. */
async function monorepo(): Promise<{ root: string; member: string }> {
  const root = await folderWith([]);
  const member = join(root, 'packages', 'orders');
  await mkdir(member, { recursive: true });
  await writePackage(member);
  await addPrograms(member, PROGRAMS);
  return { root, member };
}

describe('the packed package installed by', () => {
  it('npm', async () => {
    await delivers(await npmProject(), ['node', 'main.mjs']);
  });

  it('npm, in a monorepo', async () => {
    const { root, member } = await monorepo();
    await writeFile(join(root, 'package.json'), '{ "private": true, "workspaces": ["packages/*"] }');
    await succeeds(root, ['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', ...registry()]);
    await delivers(member, ['node', 'main.mjs']);
  });

  it('pnpm', async () => {
    const folder = await folderWith(PROGRAMS);
    await writePackage(folder);
    await writeFile(join(folder, 'pnpm-workspace.yaml'), PNPM_SETTINGS);
    await succeeds(folder, pnpm('install'));
    await delivers(folder, ['node', 'main.mjs']);
  });

  it('pnpm, in a monorepo', async () => {
    const { root, member } = await monorepo();
    await writeFile(join(root, 'package.json'), '{ "private": true }');
    await writeFile(join(root, 'pnpm-workspace.yaml'), `packages:\n  - packages/*\n${PNPM_SETTINGS}`);
    await succeeds(root, pnpm('install'));
    await delivers(member, ['node', 'main.mjs']);
  });

  it('Yarn with the node-modules linker', async () => {
    const folder = await folderWith(PROGRAMS);
    await writePackage(folder);
    const settings = [
      'nodeLinker: node-modules',
      `npmRegistryServer: ${registryUrl().replace(/\/$/, '')}`,
      'unsafeHttpWhitelist: [127.0.0.1]',
      'enableTelemetry: false',
      'globalFolder: ./yarn-global', // what an earlier registry has said of a package is kept there
      'npmMinimalAgeGate: 0',
    ];
    await writeFile(join(folder, '.yarnrc.yml'), `${settings.join('\n')}\n`);
    await writeFile(join(folder, 'yarn.lock'), '');
    await succeeds(folder, ['node', tool('@yarnpkg/cli-dist/bin/yarn.js'), 'install', '--no-immutable']);
    await delivers(folder, ['node', 'main.mjs']);
  });
});
