/** Gets a platform's library out of a wheel that pip downloads, or that lies in a folder. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LOCK, UserError } from './lock.mjs';
import { readMember } from './zip.mjs';

/** Thrown where a wheel cannot be had, which other ways may replace. A wheel with a wrong sum is another error. */
export class NoWheel extends UserError {}

/** Ways to call pip, in the order in which they are tried. */
const PIPS = [['python3', '-m', 'pip'], ['pip3'], ['pip'], ['python', '-m', 'pip']];
const TIMEOUT_MS = 180_000;

/**
 * Returns the library's content and its name. `wheels` is a folder with wheels that are there already. @throws UserError
 */
export function libraryOf(platform, { wheels } = {}) {
  const wheel = LOCK.wheels[platform];
  const temporary = mkdtempSync(path.join(tmpdir(), 'outspool-wheel-'));
  try {
    if (wheels === undefined) download(wheel, temporary);
    const archive = verified(path.join(wheels ?? temporary, wheel.file), wheel);
    return { content: readMember(archive, wheel.library), name: path.basename(wheel.library) };
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Returns the arguments by which pip downloads the wheel of a platform, and no other one. */
export function pipArguments({ platform }, folder) {
  const { package: name, version, pythonVersion } = LOCK.python;
  const which = ['--platform', platform, '--implementation', 'cp', '--python-version', pythonVersion];
  return ['download', '--no-deps', '--only-binary=:all:', ...which, '--dest', folder, `${name}==${version}`];
}

function download(wheel, folder) {
  // The flags keep a machine without network from waiting for minutes.
  const flags = ['--quiet', '--disable-pip-version-check', '--timeout', '10', '--retries', '2'];
  for (const [command, ...before] of PIPS) {
    const args = [...before, ...pipArguments(wheel, folder), ...flags];
    const { error, status, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: TIMEOUT_MS });
    if (status === 0) return;
    if (error?.code === 'ENOENT' || /No module named pip\b|command not found/.test(stderr)) continue;
    throw new NoWheel(`${command} could not download ${wheel.file}: ${lastLine(stderr) ?? error?.message}`);
  }
  throw new NoWheel('there is no pip, which would download a prebuilt one');
}

const lastLine = (text) =>
  text
    ?.trim()
    .split('\n')
    .findLast((line) => /^error/i.test(line.trim()));

/** Returns the content of the wheel. @throws UserError where it is not the one that the lock file names */
function verified(file, { size, sha256 }) {
  if (!existsSync(file)) throw new NoWheel(`there is no wheel ${file}`);
  const content = readFileSync(file);
  const sum = createHash('sha256').update(content).digest('hex');
  if (sum !== sha256)
    throw new UserError(
      `${path.basename(file)} is not the wheel that npm/librdkafka.lock.json names: its SHA-256 sum is ${sum} (${content.length} ` +
        `bytes), expected ${sha256} (${size} bytes)`,
    );
  return content;
}
