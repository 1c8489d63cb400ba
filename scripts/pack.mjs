/**
 * Packs the package as it is published, from what has been built. The published package.json differs from the one of the
 * repository: it names the platform packages, which `npm ci` here must not look for in the registry, and has nothing that is for
 * the repository alone.
 *
 *     node scripts/pack.mjs [--to DIRECTORY]     says in one line what was packed
 *     node scripts/pack.mjs --json               prints what `npm pack --json` prints
 */

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { LOCK, PLATFORMS, packageName, ROOT } from './librdkafka/lock.mjs';

const { to = ROOT, json = false } = parseArgs({
  options: { to: { type: 'string' }, json: { type: 'boolean' } },
}).values;
const {
  private: _private,
  scripts: _scripts,
  devDependencies: _dev,
  allowScripts: _allowed,
  overrides: _overrides,
  ...published
} = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
const platforms = Object.fromEntries(PLATFORMS.map((platform) => [packageName(platform), LOCK.version]));
const manifest = { ...published, optionalDependencies: { ...published.optionalDependencies, ...platforms } };

mkdirSync(to, { recursive: true });
const stage = mkdtempSync(path.join(tmpdir(), 'outspool-pack-'));
try {
  for (const name of [...published.files.filter((one) => !one.startsWith('!')), 'README.md', 'LICENSE'])
    cpSync(path.join(ROOT, name), path.join(stage, name), { recursive: true, filter: hasSource });
  writeFileSync(path.join(stage, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', path.resolve(to)];
  const { status, stdout } = spawnSync('npm', args, {
    cwd: stage,
    stdio: ['inherit', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  process.exitCode = status ?? 1;
  if (status === 0) console.log(json ? stdout.trimEnd() : summary(JSON.parse(stdout)[0]));
} finally {
  rmSync(stage, { recursive: true, force: true });
}

function summary({ filename, entryCount, size, unpackedSize }) {
  const [packed, unpacked] = [size, unpackedSize].map((bytes) => `${(bytes / 1e6).toFixed(1)} MB`);
  return `${path.resolve(to, filename)}: ${entryCount} files, ${packed}, ${unpacked} unpacked`;
}

/** Whether a file of `dist` still has its source. The compiler does not remove what it emitted from a source that has gone. */
function hasSource(file) {
  const [folder, ...rest] = path.relative(ROOT, file).split(path.sep);
  const isEmitted = folder === 'dist' && /\.(?:js|d\.ts)$/.test(file);
  const source = path.join(ROOT, 'src', rest.join('/'));
  return !isEmitted || existsSync(source) || existsSync(source.replace(/(?:\.d\.ts|\.js)$/, '.ts'));
}
