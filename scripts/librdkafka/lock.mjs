/** Where the library of each platform comes from: `npm/librdkafka.lock.json`. */

import { readFileSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../..');

export const LOCK = JSON.parse(readFileSync(path.join(ROOT, 'npm/librdkafka.lock.json'), 'utf8'));

/** Every platform that has a package, as `process.platform` and `process.arch` name it. */
export const PLATFORMS = Object.keys(LOCK.wheels);

export const THIS_PLATFORM = `${process.platform}-${process.arch}`;

export const packageName = (platform) => `@outspool/librdkafka-${platform}`;

/** An error whose message is all that a user needs. */
export class UserError extends Error {}
