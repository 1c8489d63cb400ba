/** Finds the librdkafka that this process uses. */

import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { OutspoolError } from '../../../../shared/errors.ts';

const require = createRequire(import.meta.url);

const SYSTEM_NAME = process.platform === 'darwin' ? 'librdkafka.1.dylib' : 'librdkafka.so.1';

/** Whether this process runs on musl, as on Alpine Linux. A library for glibc cannot be loaded there. */
function isMusl(): boolean {
  if (process.platform !== 'linux') return false;
  const report: NodeJS.ProcessReport & { excludeNetwork?: boolean } = process.report;
  const { excludeNetwork } = report;
  report.excludeNetwork = true; // otherwise the report looks up host names
  const { header }: { header?: { glibcVersionRuntime?: string } } = report.getReport();
  Object.assign(report, { excludeNetwork });
  return header?.glibcVersionRuntime === undefined;
}

/** Whether there are prebuilt libraries for the C library of this process. */
export const HAS_PREBUILT: boolean = !isMusl();

/** The npm package that holds the library for this platform. For musl there is only what was compiled in the repository. */
export const PLATFORM_PACKAGE = `@outspool/librdkafka-${process.platform}-${process.arch}${HAS_PREBUILT ? '' : '-musl'}`;

/** Where a library was found, in the order of the search. */
export type LibrarySource = 'OUTSPOOL_LIBRDKAFKA' | 'platform package' | 'node-rdkafka' | 'system';

export interface LocatedLibrary {
  /** The real path, by which the dynamic linker identifies a library; a mere name for the system's own. */
  readonly path: string;
  readonly source: LibrarySource;
}

/** Returns the file that a module's name stands for. @throws Error where there is none */
export type Resolve = (name: string) => string;

/**
 * Returns the library, and refuses a second one in this process. The path is code to be executed, so it comes from code or the
 * environment and never from a configuration file.
 */
export function locateLibrary(explicit = process.env.OUTSPOOL_LIBRDKAFKA): LocatedLibrary {
  const found = searchLibrary(explicit);
  refuseSecondCopy(found.path);
  return found;
}

/**
 * Searches in order: the explicit path, the platform package, what node-rdkafka has compiled, the system's library. The package
 * is first of those that are found, because it has every feature and was tested with this code.
 */
export function searchLibrary(explicit: string | undefined, resolve: Resolve = require.resolve): LocatedLibrary {
  if (explicit) return { path: realPathOf(explicit), source: 'OUTSPOOL_LIBRDKAFKA' };
  const prebuilt = fileOf(() => resolve(PLATFORM_PACKAGE));
  if (prebuilt !== undefined) return { path: prebuilt, source: 'platform package' };
  const compiled = fileOf(() => join(dirname(resolve('node-rdkafka/package.json')), COMPILED, SYSTEM_NAME));
  if (compiled !== undefined) return { path: compiled, source: 'node-rdkafka' };
  return { path: SYSTEM_NAME, source: 'system' };
}

/** The folder within node-rdkafka that has the library, unless it was built against the system's. */
const COMPILED = join('build', 'deps');

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    throw new OutspoolError(`there is no librdkafka at ${path}: look at OUTSPOOL_LIBRDKAFKA`, { cause });
  }
}

function fileOf(name: () => string): string | undefined {
  try {
    const path = name();
    return existsSync(path) ? realpathSync(path) : undefined;
  } catch {
    return undefined;
  }
}

function refuseSecondCopy(path: string): void {
  if (!path.includes('/')) return;
  const other = mappedCopies().find((mapped) => mapped !== path && !isApart(mapped, path));
  if (other !== undefined) throw new OutspoolError(refusalText(other, path));
}

/** Returns why `path` is not loaded. The kernel marks a mapped file that is no longer in its folder. */
export function refusalText(other: string, path: string): string {
  const deleted = / \(deleted\)$/;
  if (deleted.test(other))
    return `${other.replace(deleted, '')} was replaced or removed while this process runs it: restart the process`;
  return `this process already runs ${other}: it cannot load ${path} as well`;
}

/**
 * Whether `mapped` is the library that node-rdkafka's JavaScript has loaded, and cannot be confused with this one. The dynamic
 * linker identifies a library by the name in it too, which is the name of the file. With the same name, node-rdkafka would run
 * on this library, for which it was not compiled.
 */
const isApart = (mapped: string, path: string): boolean =>
  dirname(mapped).endsWith(join('node-rdkafka', COMPILED)) && basename(mapped) !== basename(path);

/** Returns every librdkafka that is mapped into this process. Only Linux lists them. */
function mappedCopies(): string[] {
  if (process.platform !== 'linux') return [];
  const paths = readFileSync('/proc/self/maps', 'utf8').matchAll(/ (\/.*\/librdkafka(?:-[\w-]+)?\.so[^/\n]*)$/gm);
  return [...new Set(Array.from(paths, ([, path]) => path as string))];
}
