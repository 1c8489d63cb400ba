/** Checks by its headers whether a library can be loaded on a platform, and whether it has every function that outspool calls. */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isElf, readElf } from './elf.mjs';
import { ROOT, UserError } from './lock.mjs';
import { isMachO, readMachO } from './mach-o.mjs';

/** Libraries that every Linux with glibc has. */
const GLIBC = /^(?:lib(?:c|m|dl|rt|pthread)\.so\.\d+|ld-linux[\w-]*\.so\.\d+)$/;
/** The oldest glibc that a library may ask for: that of Debian 10, Red Hat 8 and Ubuntu 18.10. */
const OLDEST_GLIBC = [2, 28];
/** Parts of macOS itself. */
const MACOS = /^\/(?:usr\/lib|System\/Library)\//;

/**
 * Returns the headers of `file`. A library that was compiled on this machine may need others of it.
 * @throws UserError that lists what is wrong
 */
export function checkLibrary(file, platform, { isForeign = true } = {}) {
  const headers = readHeaders(file, platform);
  const [, arch] = platform.split('-');
  const wrong = [
    ...(headers.arch === arch ? [] : [`it is for ${headers.arch}`]),
    ...(headers.isShared ? [] : ['it is not a shared library']),
    ...(isForeign ? strangers(headers, platform) : []),
    ...missingFunctions(headers),
  ];
  if (wrong.length > 0) throw new UserError(`the library does not fit ${platform}: ${wrong.join('; ')}`);
  return headers;
}

function readHeaders(file, platform) {
  if (platform.startsWith('linux-') && isElf(file)) return readElf(file);
  if (platform.startsWith('darwin-') && isMachO(file)) return readMachO(file);
  throw new UserError(`the library does not fit ${platform}: it has another format`);
}

function strangers(headers, platform) {
  const isLinux = platform.startsWith('linux-');
  const needed = headers.needed.filter((name) => !(isLinux ? GLIBC : MACOS).test(name));
  const versions = (headers.versions ?? []).filter(isTooNew);
  return [
    ...(needed.length === 0 ? [] : [`it needs ${needed.join(', ')}`]),
    ...(versions.length === 0 ? [] : [`it needs ${versions.join(', ')}, newer than glibc ${OLDEST_GLIBC.join('.')}`]),
    ...(isLinux && !headers.name?.startsWith('librdkafka') ? [`its name is ${headers.name}`] : []),
    // An unsigned library is not loaded on Apple's own processors.
    ...(platform === 'darwin-arm64' && !headers.isSigned ? ['it is not signed'] : []),
  ];
}

function isTooNew(version) {
  const [, major, minor] = /^GLIBC_(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined) return false;
  return Number(major) > OLDEST_GLIBC[0] || (Number(major) === OLDEST_GLIBC[0] && Number(minor) > OLDEST_GLIBC[1]);
}

function missingFunctions({ symbols }) {
  const missing = calledFunctions().filter((name) => !symbols.has(name));
  return missing.length === 0 ? [] : [`it has no ${missing.join(', ')}`];
}

/** Returns the functions of librdkafka that the sources name, which is how they are bound. */
export function calledFunctions() {
  const folder = path.join(ROOT, 'src/kinds/kafka/librdkafka');
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.ts'));
  const names = files.flatMap((name) => readFileSync(path.join(folder, name), 'utf8').match(/'rd_kafka_\w+'/g) ?? []);
  if (names.length === 0) throw new Error(`no function of librdkafka is named in ${folder}`);
  return [...new Set(names.map((name) => name.slice(1, -1)))].sort();
}
