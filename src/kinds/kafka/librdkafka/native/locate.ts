/** Finds the librdkafka that this process uses. */

import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { OutspoolError } from '../../../../shared/errors.ts';

const require = createRequire(import.meta.url);

const SYSTEM_NAME = process.platform === 'darwin' ? 'librdkafka.1.dylib' : 'librdkafka.so.1';

/**
 * Returns the real path of the library, by which the dynamic linker identifies it. With a second copy in one process, the next
 * caller that asks for the name would get the wrong one. For the same reason node-rdkafka's own library comes before the
 * system's, because its JavaScript must not run on another library. The path is code to be executed, so it comes from code or
 * the environment and never from a configuration file.
 */
export function locateLibrary(explicit = process.env.OUTSPOOL_LIBRDKAFKA): string {
  const path = explicit ? realPathOf(explicit) : (bundled() ?? SYSTEM_NAME);
  refuseSecondCopy(path);
  return path;
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    throw new OutspoolError(`there is no librdkafka at ${path}: look at OUTSPOOL_LIBRDKAFKA`, { cause });
  }
}

/**
 * The library that node-rdkafka has built; undefined where node-rdkafka is not installed, or was built against the system's
 * library.
 */
function bundled(): string | undefined {
  try {
    const folder = join(dirname(require.resolve('node-rdkafka/package.json')), 'build', 'deps');
    const path = join(folder, SYSTEM_NAME);
    return existsSync(path) ? realpathSync(path) : undefined;
  } catch {
    return undefined;
  }
}

function refuseSecondCopy(path: string): void {
  if (!path.includes('/')) return;
  const other = mappedCopies().find((mapped) => mapped !== path);
  if (other !== undefined)
    throw new OutspoolError(`this process already runs ${other}: it cannot load ${path} as well`);
}

/** Returns every librdkafka that is mapped into this process. Only Linux lists them. */
function mappedCopies(): string[] {
  if (process.platform !== 'linux') return [];
  const paths = readFileSync('/proc/self/maps', 'utf8').matchAll(/ (\/.*librdkafka\.so[^/\n]*)$/gm);
  return [...new Set(Array.from(paths, ([, path]) => path as string))];
}
