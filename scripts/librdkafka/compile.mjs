/** Compiles librdkafka from its own sources, which the npm package of node-rdkafka carries, for those who trust no wheel. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { LOCK, UserError } from './lock.mjs';

/** Another name than other builds have. With the same one the dynamic linker would take this library for node-rdkafka's. */
const NAME = 'librdkafka-outspool';

const TOOLS = ['gcc', 'g++', 'make', 'python3', 'tar'];

/** Returns the library's content and its name. @throws UserError */
export function compiledLibrary() {
  const missing = TOOLS.filter((tool) => spawnSync(tool, ['--version']).error !== undefined);
  if (missing.length > 0) throw new UserError(`librdkafka cannot be compiled without ${missing.join(', ')}`);
  const folder = mkdtempSync(path.join(tmpdir(), 'outspool-librdkafka-'));
  try {
    return compileIn(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function compileIn(folder) {
  const { package: name, version, integrity } = LOCK.sources;
  const tarball = path.join(folder, run('npm', ['pack', '--silent', `${name}@${version}`], folder).trim());
  const sum = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  if (sum !== integrity) throw new UserError(`${name}@${version} has the sum ${sum}, expected ${integrity}`);
  run('tar', ['-xzf', tarball], folder);
  const sources = path.join(folder, 'package/deps/librdkafka');
  run('./configure', ['--disable-debug-symbols'], sources);
  const file = `${NAME}${process.platform === 'darwin' ? '.1.dylib' : '.so.1'}`;
  run('make', ['-j', String(availableParallelism()), `LIBNAME=${NAME}`, file], path.join(sources, 'src'));
  return { content: readFileSync(path.join(sources, 'src', file)), name: file };
}

function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status === 0) return stdout;
  const end = `${stderr ?? ''}`.trim().split('\n').slice(-5).join('\n');
  throw new UserError(`${command} ${args[0]} failed: ${error?.message ?? end}`);
}
