/** Loads clients that are optional peer dependencies, installed only by users of the kind that needs them. */

import { createRequire } from 'node:module';
import type { Finding } from '../../config/report/findings.ts';
import { asError, ConfigError, OutspoolError } from '../../shared/errors.ts';
import { loadSection } from '../../shared/util/native-section.ts';

const advice = (kind: string, name: string): string => `type: ${kind} needs the package '${name}': npm install ${name}`;

/** Reports a package that is not installed, for `inspect`. A defect inside the package shows only when it is loaded. */
export function inspectPackage(kind: string, name: string): Finding[] {
  try {
    createRequire(import.meta.url).resolve(name);
    return [];
  } catch {
    return [{ path: ['type'], about: 'value', message: advice(kind, name) }];
  }
}

/** Returns the module that `load` imports. @throws ConfigError in one line when the package is not installed */
export async function loadPackage<T>(kind: string, name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await loadSection(load);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // The check of the name excludes a package that is missing inside the client itself.
    if (code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${name}'`)) throw new ConfigError(advice(kind, name));
    throw error;
  }
}

/**
 * Returns the module that `load` requires. `user` names the part that needs the package.
 * @throws ConfigError in one line when the package is not installed, was never built, or was built for another version of Node;
 * OutspoolError for an error that may be transient
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
    if (code === 'ERR_DLOPEN_FAILED' && cause.message.includes('NODE_MODULE_VERSION'))
      throw new ConfigError(
        `the package '${name}' is compiled for another version of Node than ${process.version}: npm rebuild ${name}`,
      );
    throw new OutspoolError(`the package '${name}' does not load: ${line}`, { cause });
  }
}
