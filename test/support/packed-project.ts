/** An empty project with the packed package in it, as somebody who installs outspool gets it. */

import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY } from './repository.ts';

const run = promisify(execFile);

/** Compiled already in the repository, which takes 90 s; and the compiler's own needs, which have no part in the test. */
const LINKED = ['node-rdkafka', 'koffi', '@types/node'];

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

export class PackedProject {
  readonly folder: string;
  /** Paths in the tarball. */
  readonly files: readonly string[];

  private constructor(folder: string, files: readonly string[]) {
    this.folder = folder;
    this.files = files;
  }

  /** Packs what has been built; scripts are left out, because they would build it again under other tests. */
  static async create(): Promise<PackedProject> {
    // By its real path, which is the one that compilers and import.meta say.
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'outspool-packed-')));
    const npm = (args: string[], cwd: string) => run('npm', [...args, '--ignore-scripts'], { cwd });
    const { stdout } = await npm(['pack', '--json', '--pack-destination', folder], REPOSITORY);
    const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
    await writeFile(join(folder, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }\n');
    const quickly = ['--no-audit', '--no-fund', '--prefer-offline', '--omit=optional'];
    await npm(['install', `./${filename}`, ...quickly], folder);
    const project = new PackedProject(
      folder,
      files.map(({ path }) => path),
    );
    for (const name of LINKED) await project.#link(name);
    return project;
  }

  async #link(name: string): Promise<void> {
    const to = join(this.folder, 'node_modules', name);
    await mkdir(join(to, '..'), { recursive: true });
    await symlink(join(REPOSITORY, 'node_modules', name), to);
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
