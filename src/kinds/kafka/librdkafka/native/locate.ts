/** Where the librdkafka is that this process is to use. */

import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { OutspoolError } from '../../../../shared/errors.ts';

const require = createRequire(import.meta.url);

const SYSTEM_NAME = process.platform === 'darwin' ? 'librdkafka.1.dylib' : 'librdkafka.so.1';

/**
 * By real path: the dynamic linker goes by it, and a second copy in one process would be used by whoever asks for the
 * name next. That is also why node-rdkafka's own comes before the system's: its JavaScript must not run on another.
 * The path is code to be executed, so it comes from code or the environment and never from a configuration file.
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

/** The library that node-rdkafka has built; undefined where it is not installed, or was built against the system's. */
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

/** Every librdkafka that is mapped into this process, as far as the system says (Linux). */
function mappedCopies(): string[] {
  if (process.platform !== 'linux') return [];
  const paths = readFileSync('/proc/self/maps', 'utf8').matchAll(/ (\/.*librdkafka\.so[^/\n]*)$/gm);
  return [...new Set(Array.from(paths, ([, path]) => path as string))];
}
