/** Where the library of each platform comes from: `npm/librdkafka.lock.json`. */

import { readFileSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../..');

export const LOCK = JSON.parse(readFileSync(path.join(ROOT, 'npm/librdkafka.lock.json'), 'utf8'));

/** Every platform that has a package, as `process.platform` and `process.arch` name it. */
export const PLATFORMS = Object.keys(LOCK.wheels);

/** `linux-x64-musl` on Alpine Linux, where a library for glibc cannot be loaded. */
export const THIS_PLATFORM = `${process.platform}-${process.arch}${isMusl() ? '-musl' : ''}`;

function isMusl() {
  if (process.platform !== 'linux') return false;
  process.report.excludeNetwork = true; // otherwise the report looks up host names
  return process.report.getReport().header.glibcVersionRuntime === undefined;
}

export const packageName = (platform) => `@outspool/librdkafka-${platform}`;

/** An error whose message is all that a user needs. */
export class UserError extends Error {}
