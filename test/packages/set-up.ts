/** What all of these tests share: the packed packages in a registry, and the tools, each of a pinned version. */

import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { after, before } from 'mocha';
import { REPOSITORY } from '../support/repository.ts';
import { type Packed, Registry } from './registry.ts';

const run = promisify(execFile);

interface Shared {
  readonly folder: string;
  readonly registry: Registry;
  readonly outspool: Packed;
}

let shared: Shared | undefined;

/** @throws Error before the first test has begun */
function current(): Shared {
  if (!shared) throw new Error('the packages are packed before the first test begins');
  return shared;
}

before(async function () {
  this.timeout(600_000);
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'outspool-packages-')));
  const [outspool, ...others] = await packAll(folder);
  const { stdout } = await run('npm', ['config', 'get', 'registry'], { cwd: REPOSITORY });
  const registry = await Registry.start([outspool, ...others], stdout.trim());
  shared = { folder, registry, outspool };
  await cp(join(REPOSITORY, 'test/packages/tools'), join(folder, 'tools'), { recursive: true });
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: join(folder, 'tools') });
});

after(async () => {
  if (!shared) return;
  await shared.registry.stop();
  await rm(shared.folder, { recursive: true, force: true });
});

/** Packs outspool and the packages of its native library, of every platform: a package manager may look all of them up. */
async function packAll(folder: string): Promise<readonly [Packed, ...Packed[]]> {
  const native = join(REPOSITORY, 'npm');
  const built = (await readdir(native)).filter((name) => /^librdkafka-\w+-\w+$/.test(name));
  const npm = ['npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', folder] as const;
  const own = await pack([process.execPath, join(REPOSITORY, 'scripts/pack.mjs'), '--json', '--to', folder], folder);
  return [own, ...(await Promise.all(built.map((name) => pack([...npm, join(native, name)], folder))))];
}

/** Runs a command that packs a package into the folder `to` and prints what npm prints then. */
async function pack([command, ...args]: readonly [string, ...string[]], to: string): Promise<Packed> {
  const [{ filename }] = JSON.parse((await run(command, args, { cwd: to })).stdout) as [{ filename: string }];
  const tarball = join(to, filename);
  const manifest = (await run('tar', ['-xzOf', tarball, 'package/package.json'])).stdout;
  return { tarball, manifest: JSON.parse(manifest) as Packed['manifest'] };
}

/** Path within the folder of the tools. */
export const tool = (...path: string[]): string => join(current().folder, 'tools/node_modules', ...path);

/** Address of the registry that has the packages. */
export const registryUrl = (): string => current().registry.url;

/** Path of outspool's tarball. */
export const tarball = (): string => current().outspool.tarball;

/** Makes a new folder with the given programs in it. */
export async function folderWith(programs: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(current().folder, 'project-'));
  await addPrograms(folder, programs);
  return folder;
}

export async function addPrograms(folder: string, programs: readonly string[]): Promise<void> {
  for (const name of programs) await cp(join(REPOSITORY, 'test/packages/programs', name), join(folder, name));
}
