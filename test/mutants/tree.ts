/** Copies of what was built, in a temporary folder: a mutant is tried in one of them, and the repository stays as it is. */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Emitted } from './mutants.ts';

/** A folder for everything of one run, gone with its process. */
export function workFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'outspool-mutants-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A repository of its own: `build/` and small files are copied, folders are links. Returns its path. */
export function copyTree(repository: string, to: string): string {
  mkdirSync(to);
  for (const entry of readdirSync(repository, { withFileTypes: true })) {
    const { name } = entry;
    if (name.startsWith('.git')) continue;
    const from = join(repository, name);
    if (entry.isFile() || name === 'build') cpSync(from, join(to, name), { recursive: true, verbatimSymlinks: true });
    else symlinkSync(from, join(to, name));
  }
  return to;
}

/** The emitted JavaScript of `src/` with its way back to the TypeScript. */
export function emittedSources(repository: string, folder: string): Emitted[] {
  const out = join(folder, 'emitted');
  emit(repository, out);
  const files = readdirSync(join(out, 'src'), { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('js')).map((file) => sourceOf(repository, out, join('src', file)));
}

/** As `npm run build:all` does it, with source maps. */
function emit(repository: string, out: string): void {
  const compiler = join('node_modules', 'typescript', 'bin', 'tsc');
  const plain = ['--incremental', 'false', '--tsBuildInfoFile', 'null'];
  const args = [compiler, '-p', 'tsconfig.tests.json', '--outDir', out, '--sourceMap', ...plain];
  const { status } = spawnSync(process.execPath, args, { cwd: repository, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error('the compiler failed: run npm run typecheck');
}

function sourceOf(repository: string, out: string, emitted: string): Emitted {
  const map = new SourceMap(JSON.parse(readFileSync(join(out, `${emitted}.map`), 'utf8')));
  const file = emitted.replace(/js$/, 'ts');
  const text = readFileSync(join(repository, 'build', emitted), 'utf8');
  const lines = readFileSync(join(repository, file), 'utf8').split('\n');
  return { file, emitted: join('build', emitted), text, lines, map };
}

/** Runs `work` while a file of the tree has another content. */
export async function replaced<T>(tree: string, file: string, text: string, work: () => Promise<T>): Promise<T> {
  const path = join(tree, file);
  const before = readFileSync(path);
  writeFileSync(path, text);
  try {
    return await work();
  } finally {
    writeFileSync(path, before);
  }
}

/** The test files of the fast tier, relative to the tree. */
export function fastTests(tree: string): string[] {
  const unit = join(tree, 'build', 'test', 'unit');
  const files = readdirSync(unit, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.test.js'))
    .map((file) => relative(tree, join(unit, file)))
    .sort();
}
