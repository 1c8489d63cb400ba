/**
 * Installs and compiles node-rdkafka for the project's own tests and benchmarks. It has a folder of its own, so that `npm ci`
 * needs no compiler, and does not throw away what took 90 s to compile.
 *
 *     --types      only its files, without compiling
 *     --required   fails where it cannot be compiled
 */

import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '..');
const FOLDER = path.join(ROOT, 'npm/node-rdkafka');
const INSTALLED = path.join(FOLDER, 'node_modules/node-rdkafka');
const LINK = path.join(ROOT, 'node_modules/node-rdkafka');
const ADDON = 'build/Release/node-librdkafka.node';
const COMPILER = ['g++', 'make', 'python3'];

const flags = process.argv.slice(2);
if (!isInstalledByOthers()) install();
if (!flags.includes('--types') && !existsSync(path.join(LINK, ADDON))) compile();

/** Whether node_modules has a copy that is not ours, such as one that somebody has installed there. */
function isInstalledByOthers() {
  return existsSync(LINK) && !lstatSync(LINK).isSymbolicLink();
}

function install() {
  if (!existsSync(INSTALLED)) npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund'], 'installed');
  mkdirSync(path.dirname(LINK), { recursive: true });
  rmSync(LINK, { force: true });
  symlinkSync(path.relative(path.dirname(LINK), INSTALLED), LINK);
}

function compile() {
  const missing = COMPILER.filter((tool) => spawnSync(tool, ['--version']).error !== undefined);
  if (missing.length > 0) return fail(`not compiled: node-rdkafka, for which ${missing.join(', ')} must be there`);
  console.error('compiling node-rdkafka for its own tests, once: about 90 s');
  npm(['rebuild', 'node-rdkafka'], 'compiled');
}

function npm(args, done) {
  // Its makefile does not build in parallel.
  const env = { ...process.env, JOBS: '1' };
  const { status, stderr, error } = spawnSync('npm', args, { cwd: FOLDER, env, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0)
    fail(`node-rdkafka could not be ${done}: ${error?.message ?? stderr.trim().split('\n').slice(-5).join('\n')}`);
}

function fail(message) {
  console.error(message);
  if (flags.includes('--required')) process.exit(1);
}
