/** Clients that a kind needs, and that only those install who use the kind: optional peers of this package. */

import { createRequire } from 'node:module';
import type { Finding } from '../config/findings.ts';
import { ConfigError } from '../errors.ts';

const advice = (kind: string, name: string): string => `type: ${kind} needs the package '${name}': npm install ${name}`;

/** For `inspect`: says so where the package is not installed; what is wrong inside it shows when it is loaded. */
export function inspectPackage(kind: string, name: string): Finding[] {
  try {
    createRequire(import.meta.url).resolve(name);
    return [];
  } catch {
    return [{ path: ['type'], about: 'value', message: advice(kind, name) }];
  }
}

/** What `load` imports. @throws ConfigError in one line when the package is not installed */
export async function loadPackage<T>(kind: string, name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // Not for a package that it lacks itself: that one has another name.
    if (code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${name}'`)) throw new ConfigError(advice(kind, name));
    throw error;
  }
}
