/** Writes the npm package of one platform, and looks at the one that is there. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { replaceFolder } from '../in-place.mjs';
import { packageName, ROOT } from './lock.mjs';

/** Start of the names of the folders in which a package is written. */
const TEMPORARY = '.librdkafka-';
const HOUR_MS = 3_600_000;
const LICENCES = 'npm/LICENSES-librdkafka.txt';

export const folderOf = (platform, to) => path.join(to, `librdkafka-${platform}`);

/**
 * Writes the package into a folder of `to` and returns that folder. `test` gets the path of the library before anything is
 * replaced, and throws where the library must not be used.
 */
export function writePackage(platform, { content, name, version, librdkafka, source }, { to, test = () => {} }) {
  mkdirSync(to, { recursive: true });
  removeLeftOvers(to);
  const fresh = mkdtempSync(path.join(to, TEMPORARY));
  try {
    chmodSync(fresh, 0o755);
    const library = path.join(fresh, name);
    writeFileSync(library, content);
    strip(library);
    const sha256 = sumOf(library);
    const manifest = manifestOf(platform, { name, version, librdkafka: { version: librdkafka, source, sha256 } });
    writeFileSync(path.join(fresh, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
    writeFileSync(path.join(fresh, 'README.md'), readme(platform, librdkafka));
    copyFileSync(path.join(ROOT, LICENCES), path.join(fresh, 'LICENSES.txt'));
    test(library);
    const folder = folderOf(platform, to);
    if (!hasFilesOf(fresh, folder)) replaceFolder(fresh, folder, (other) => intactManifest(other) !== undefined);
    return folder;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Whether `folder` has every file of `fresh`. A process that runs its library could not load the same one from a new file. */
function hasFilesOf(fresh, folder) {
  return readdirSync(fresh).every((name) => {
    const older = path.join(folder, name);
    return existsSync(older) && readFileSync(older).equals(readFileSync(path.join(fresh, name)));
  });
}

/** Removes what a build that was killed has left. A folder of the last hour may belong to a build that still runs. */
function removeLeftOvers(to) {
  for (const name of readdirSync(to).filter((one) => one.startsWith(TEMPORARY))) {
    const changed = statSync(path.join(to, name), { throwIfNoEntry: false })?.mtimeMs;
    if (changed < Date.now() - HOUR_MS) rmSync(path.join(to, name), { recursive: true, force: true });
  }
}

function manifestOf(platform, { name, version, librdkafka }) {
  const [os, cpu, libc = 'glibc'] = platform.split('-');
  return {
    name: packageName(platform),
    version,
    description: `librdkafka for ${platform}, as a shared library for the package outspool`,
    license: 'SEE LICENSE IN LICENSES.txt',
    os: [os],
    cpu: [cpu],
    ...(os === 'linux' && { libc: [libc] }),
    main: name,
    files: [name, 'LICENSES.txt'],
    preferUnplugged: true,
    librdkafka,
  };
}

const readme = (platform, librdkafka) =>
  `librdkafka ${librdkafka} for ${platform}. The package [outspool](https://www.npmjs.com/package/outspool) installs it by itself.\n`;

/** Removes symbols that only a debugger needs. A signed library of macOS would lose its signature by that. */
function strip(library) {
  if (!library.includes('.so')) return;
  const stripped = `${library}.stripped`;
  const { status } = spawnSync('strip', ['--strip-unneeded', '-o', stripped, library]);
  if (status === 0) renameSync(stripped, library);
  else rmSync(stripped, { force: true }); // no strip, or one that does not know the other machine
}

const sumOf = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** Returns the manifest of the package in `folder`; undefined where there is none, or its files are not what was written. */
export function intactManifest(folder) {
  try {
    const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    return sumOf(path.join(folder, manifest.main)) === manifest.librdkafka.sha256 ? manifest : undefined;
  } catch {
    return undefined; // it is made anew
  }
}
