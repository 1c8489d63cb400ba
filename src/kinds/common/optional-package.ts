/** Clients that a kind needs, and that only those install who use the kind: optional peers of this package. */

import { createRequire } from 'node:module';
import type { Finding } from '../../config/report/findings.ts';
import { asError, ConfigError, OutspoolError } from '../../shared/errors.ts';
import { loadSection } from '../../shared/util/native-section.ts';

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
    return await loadSection(load);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // Not for a package that it lacks itself: that one has another name.
    if (code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${name}'`)) throw new ConfigError(advice(kind, name));
    throw error;
  }
}

/**
 * What `load` requires; `user` says who needs it.
 * @throws ConfigError in one line when the package is not installed, or was never built; OutspoolError for what may pass
 */
export function requirePackage<T>(user: string, name: string, load: () => T): T {
  try {
    return load();
  } catch (thrown) {
    const cause = asError(thrown);
    const [line = ''] = cause.message.split('\n', 1);
    const { code, tries } = cause as NodeJS.ErrnoException & { readonly tries?: unknown };
    if ((code === 'MODULE_NOT_FOUND' && line.includes(`'${name}'`)) || tries !== undefined)
      throw new ConfigError(`${user} needs the package '${name}', which is not installed here: npm install ${name}`);
    throw new OutspoolError(`the package '${name}' does not load: ${line}`, { cause });
  }
}
