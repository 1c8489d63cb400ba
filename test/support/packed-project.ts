/** An empty project with the packed package in it, as somebody who installs outspool gets it. */

import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PLATFORM_PACKAGE } from '../../src/kinds/kafka/librdkafka/native/locate.ts';
import { REPOSITORY } from './repository.ts';

const run = promisify(execFile);

const MADE = join(REPOSITORY, 'node_modules', PLATFORM_PACKAGE);

/** Not fetched again: what is the same in the repository, and the compiler's own needs, which have no part in the test. */
const LINKED = ['koffi', '@types/node', PLATFORM_PACKAGE];

export interface Ended {
  /** Null when it was still running after the time it had, and was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

export interface NodeOptions {
  readonly args?: readonly string[];
  /** @default 15000 */
  readonly killAfterMs?: number;
}

interface Tarball {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

async function packed(folder: string): Promise<Tarball> {
  const { stdout } = await run(process.execPath, [join(REPOSITORY, 'scripts/pack.mjs'), '--json', '--to', folder]);
  const [tarball] = JSON.parse(stdout) as [Tarball];
  return tarball;
}

const emptyProject = (folder: string): Promise<void> =>
  writeFile(join(folder, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }\n');

async function install(folder: string, tarballs: readonly string[], flags: readonly string[]): Promise<void> {
  const quickly = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  await run('npm', ['install', ...tarballs.map((name) => `./${name}`), ...quickly, ...flags], { cwd: folder });
}

export class PackedProject {
  readonly folder: string;
  /** Paths in the tarball. */
  readonly files: readonly string[];

  private constructor(folder: string, files: readonly string[]) {
    this.folder = folder;
    this.files = files;
  }

  /** Packs what has been built, as it would be published. */
  static async create(): Promise<PackedProject> {
    // By its real path, which is the one that compilers and import.meta say.
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'outspool-packed-')));
    const { filename, files } = await packed(folder);
    await emptyProject(folder);
    await install(folder, [filename], ['--omit=optional']);
    const project = new PackedProject(
      folder,
      files.map(({ path }) => path),
    );
    for (const name of LINKED) await project.#link(name);
    return project;
  }

  /** Installs the packed package together with the packed platform package, as from the registry, without scripts. */
  static async createWithPlatformPackage(): Promise<PackedProject> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'outspool-installed-')));
    const { filename, files } = await packed(folder);
    const args = ['pack', '--json', '--pack-destination', folder, await realpath(MADE)];
    const [{ filename: platform }] = JSON.parse((await run('npm', args)).stdout) as [Tarball];
    await emptyProject(folder);
    await install(folder, [filename, platform], []);
    return new PackedProject(
      folder,
      files.map(({ path }) => path),
    );
  }

  /** Whether the platform package has been made here. Elsewhere another librdkafka is in use. */
  static readonly hasPlatformPackage: boolean = existsSync(join(MADE, 'package.json'));

  async #link(name: string): Promise<void> {
    const to = join(this.folder, 'node_modules', name);
    const from = join(REPOSITORY, 'node_modules', name);
    if (!existsSync(from)) return; // another librdkafka is in use
    await mkdir(join(to, '..'), { recursive: true });
    await symlink(from, to);
  }

  /** Copies files of the repository. */
  async copy(...paths: string[]): Promise<void> {
    for (const path of paths)
      await cp(join(REPOSITORY, path), join(this.folder, path.split('/').at(-1) as string), { recursive: true });
  }

  async write(name: string, text: string): Promise<void> {
    await writeFile(join(this.folder, name), text);
  }

  node(script: string, { args = [], ...options }: NodeOptions = {}): Promise<Ended> {
    return this.#run([script, ...args], options);
  }

  /** The compiler of the repository on this project's files. */
  async typeCheck(compilerOptions: object, files: readonly string[]): Promise<Ended> {
    const config = { compilerOptions: { strict: true, noEmit: true, types: ['node'], ...compilerOptions }, files };
    await this.write('tsconfig.json', JSON.stringify(config));
    return this.#run([join(REPOSITORY, 'node_modules/typescript/bin/tsc'), '-p', '.'], {});
  }

  #run(args: readonly string[], { killAfterMs = 60_000 }: Omit<NodeOptions, 'args'>): Promise<Ended> {
    const begin = performance.now();
    const child = spawn(process.execPath, args, { cwd: this.folder, timeout: killAfterMs, killSignal: 'SIGKILL' });
    const out = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].on('data', (text) => {
        out[name] += text;
      });
    return new Promise((resolve, reject) => {
      const ended = (code: number | null) => resolve({ code, ...out, seconds: (performance.now() - begin) / 1000 });
      child.on('error', reject).on('close', ended);
    });
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
