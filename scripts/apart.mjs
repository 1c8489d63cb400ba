/**
 * Installs a tool of the project in a folder of its own under `npm/`, when it is first needed, and links it into node_modules. So
 * `npm ci` fetches less, and does not throw away what took long to compile.
 */

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { isLink, link, replaceFolder } from './in-place.mjs';

export const ROOT = path.resolve(import.meta.dirname, '..');

/** Runs npm in a folder under `npm/`, where a tool is installed. @throws Error with the end of what npm reports */
export function npmIn(folder, args, env = {}) {
  const options = { cwd: path.join(ROOT, 'npm', folder), env: { ...process.env, ...env }, encoding: 'utf8' };
  const { status, stderr, error } = spawnSync('npm', args, { ...options, maxBuffer: 2 ** 26 });
  if (status === 0) return;
  throw new Error(error?.message ?? stderr.trim().split('\n').slice(-5).join('\n'));
}

/**
 * Returns the path of `name` in node_modules, a package or a scope. A copy there that is not a link was installed by somebody
 * else, and is used.
 */
export function installApart(folder, name) {
  const at = path.join(ROOT, 'node_modules', name);
  if (existsSync(at) && !isLink(at)) return at;
  const modules = path.join(ROOT, 'npm', folder, 'node_modules');
  if (!isInstalled(modules)) install(folder, modules);
  link(path.join(modules, name), at);
  return at;
}

/**
 * Whether npm has finished in the folder `modules`, where it writes a lock file last, and the tool is still there: `npm install` in
 * the project follows the link in node_modules and deletes what it does not know.
 */
function isInstalled(modules) {
  if (!existsSync(path.join(modules, '.package-lock.json'))) return false;
  const { dependencies } = JSON.parse(readFileSync(path.join(modules, '../package.json'), 'utf8'));
  return Object.keys(dependencies).every((name) => existsSync(path.join(modules, name)));
}

/** Installs elsewhere and moves the whole result, so that a killed installation leaves nothing which looks like a finished one. */
function install(folder, modules) {
  const fresh = mkdtempSync(path.join(ROOT, 'npm', `.${folder}-`));
  try {
    for (const name of ['package.json', 'package-lock.json'])
      copyFileSync(path.join(ROOT, 'npm', folder, name), path.join(fresh, name));
    npmIn(path.basename(fresh), ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
    replaceFolder(path.join(fresh, 'node_modules'), modules, isInstalled);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
