/** Settings that name a file. Makes relative paths absolute, and reports unusable files at the settings that name them. */

import { accessSync, constants, existsSync, lstatSync, statfsSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { leadsToDescriptor } from '../../shared/files/descriptor-path.ts';
import { appendedAs } from '../../shared/files/output-device.ts';
import { isPipe } from '../../shared/files/pipe-reads.ts';
import { NO_FILE, READ_ONCE } from '../../shared/files/rereads.ts';
import { expecting } from '../report/expected.ts';
import type { Finding } from '../report/findings.ts';
import { under } from '../report/introspect.ts';
import { reason } from '../yaml/references.ts';

/**
 * - `read`: the file must exist. It is read again later, as certificates are at each connection.
 * - `append`: the file is created when it is needed, so its folder must exist.
 * - `replace`: as `append`, and a new file replaces it.
 * - `folder`: as `append`, for a folder.
 * - `follow`: another program creates the file, sooner or later.
 */
type Use = 'read' | 'append' | 'replace' | 'folder' | 'follow';

const files = z.registry<{ use: Use }>();

/** A schema for the path of a file. The use decides whether the file must exist. */
export function filePath(use: Use = 'read') {
  const path = expecting(z.string().min(1), 'the path of a file');
  files.add(path, { use });
  return path;
}

export interface Base {
  readonly folder: string;
  /** Describes the folder in a message. */
  readonly words: string;
}

export interface ResolvedFiles {
  /** The absolute paths, each by the path of its setting. */
  readonly absolute: readonly { readonly path: readonly string[]; readonly file: string }[];
  readonly findings: readonly Finding[];
}

/** Formats a path for a message. It may have come from a reference. */
type Show = (path: readonly PropertyKey[], value: unknown) => string;

interface Named {
  readonly path: readonly string[];
  readonly file: string;
  readonly use: Use;
}

/** Finds the files that the configuration names, and the problems with them. Ignores values of the wrong type. */
export function resolveFiles(schema: z.ZodObject, config: object, base: Base & { readonly show: Show }): ResolvedFiles {
  const named = filesIn([schema], config, []);
  return {
    absolute: named.map(({ path, file }) => ({ path, file: resolve(base.folder, file) })),
    findings: named.flatMap((one) => problem(one, base)),
  };
}

/** Finds the settings for files. They lie in mappings and in mappings of mappings; no setting has a list of files. */
function filesIn(schemas: readonly z.core.$ZodType[], value: object, at: readonly string[]): Named[] {
  return Object.entries(value).flatMap(([key, inner]): Named[] => {
    const path = [...at, key];
    const found = under(schemas, key);
    const use = found.map((schema) => files.get(schema)?.use).find((known) => known !== undefined);
    if (typeof inner === 'string') return use === undefined ? [] : [{ path, file: inner, use }];
    const isMapping = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
    return isMapping && found.length > 0 ? filesIn(found, inner, path) : [];
  });
}

/** Returns the paths of the settings that name a file which is appended to. */
export const appendedIn = (schema: z.ZodObject, config: object): (readonly string[])[] =>
  filesIn([schema], config, []).flatMap(({ path, use }) => (use === 'append' ? [path] : []));

/** Returns the configuration with each path replaced by the absolute one. */
export function withFiles<T extends object>(config: T, { absolute }: Pick<ResolvedFiles, 'absolute'>): T {
  return absolute.reduce((changed, { path, file }) => replaced(changed, path, file), config);
}

function replaced<T extends object>(config: T, [key, ...rest]: readonly string[], file: string): T {
  const inner = (config as Record<string, unknown>)[key as string];
  return { ...config, [key as string]: rest.length === 0 ? file : replaced(Object(inner), rest, file) };
}

function problem({ path, file, use }: Named, { folder, words, show }: Base & { readonly show: Show }): Finding[] {
  const error = file === '' ? undefined : unusable(resolve(folder, file), use); // the schema has refused an empty path
  if (error === undefined) return [];
  const where = isAbsolute(file) ? '' : ` (relative to ${words})`;
  return [{ path, about: 'value', message: `expected ${EXPECTED[use]}, got ${show(path, file)}, ${error}${where}` }];
}

const EXPECTED: Readonly<Record<Use, string>> = {
  read: 'a file that can be read',
  append: 'a file that can be written',
  replace: 'a file that can be written',
  folder: 'a directory that can be written',
  follow: 'a file that can be read',
};

/** A requirement for a path, and the words of the message for a path that does not meet it. */
interface Demand {
  readonly subject: string;
  readonly isFolder: boolean;
  readonly mode: number;
  readonly done: string;
  readonly mayBeMissing?: true;
}

const { R_OK, W_OK, X_OK } = constants;
const READ: Demand = { subject: 'which', isFolder: false, mode: R_OK, done: 'read' };
const APPENDED: Demand = { subject: 'which', isFolder: false, mode: W_OK, done: 'written to', mayBeMissing: true };
const FILLED: Demand = { ...APPENDED, isFolder: true, mode: R_OK | W_OK | X_OK };
const FOLLOWED: Demand = { ...READ, mayBeMissing: true };
const REPLACED: Demand = FOLLOWED;
const LISTED: Demand = { subject: 'whose folder', isFolder: true, mode: R_OK | X_OK, done: 'read' };
const MADE: Demand = { subject: 'whose folder', isFolder: true, mode: W_OK | X_OK, done: 'written to' };

const DEMANDS = { append: APPENDED, replace: REPLACED, folder: FILLED } as const;

/** Describes why a file cannot be read, as the check of its setting does; undefined when it can. */
export const notReadable = (path: string): string | undefined => unusable(path, 'read');

/** Describes why the file cannot be used; undefined when it can. */
function unusable(path: string, use: Use): string | undefined {
  if (path.includes('\0')) return 'which has the character U+0000, as no path may';
  if (use === 'read') return unmet(path, READ);
  if (use === 'follow') return unmet(dirname(path), LISTED) ?? unmet(path, FOLLOWED);
  const device = use === 'append' ? deviceAt(path) : 'file';
  if (device !== 'file') return device === 'output' ? unmet(path, APPENDED) : device;
  if (use === 'append' && leadsToDescriptor(path)) return unmet(path, APPENDED);
  const isThere = use === 'folder' && existsSync(path);
  const inFolder = isThere ? undefined : (unmet(dirname(path), MADE) ?? systemFolder(dirname(path)));
  const odd = inFolder === undefined ? oddity(path, use) : undefined;
  return inFolder ?? odd ?? unmet(path, DEMANDS[use]) ?? longName(path, use);
}

const A_PIPE = "which is a pipe: a producer of 'type: stdout' writes to pipes";

function deviceAt(path: string): 'file' | 'output' | typeof NO_FILE | typeof A_PIPE {
  try {
    const kind = appendedAs(path);
    return kind === 'other' ? (isPipe(path) ? A_PIPE : NO_FILE) : kind;
  } catch {
    return 'file'; // the checks of the file report the error
  }
}

/** Describes what prevents a new file or folder of this name. */
function oddity(path: string, use: 'append' | 'replace' | 'folder'): string | undefined {
  try {
    if (use === 'replace') return irreplaceable(path);
    return use === 'folder' ? danglingLink(path) : undefined;
  } catch {
    return undefined; // the checks of the file report the error
  }
}

/** A new file would replace a device, such as `/dev/null`, and the path of a descriptor cannot be that of a new file. */
function irreplaceable(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found !== undefined && !found.isFile() && !found.isDirectory()) return NO_FILE;
  return leadsToDescriptor(path) ? 'which is the path of a descriptor' : undefined;
}

/** No folder can be made under the name of a link. */
function danglingLink(path: string): string | undefined {
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return isLink && statSync(path, { throwIfNoEntry: false }) === undefined ? 'which is a link to nothing' : undefined;
}

/** File systems of the kernel, by their magic numbers. Root may write there, but no user can create a file. */
const SYSTEM: ReadonlySet<number> = new Set([0x9fa0, 0x62656572]); // proc, sysfs

const systemFolder = (folder: string): string | undefined =>
  process.platform === 'linux' && SYSTEM.has(statfsSync(folder).type)
    ? 'whose folder is of the kernel, where no files are made'
    : undefined;

const LONGEST_NAME = 255;
/** Maximum length in bytes of the endings that are appended: one when the file is full, and another one by a replay of dead letters. */
const LONGEST_ENDING = 40;

function longName(path: string, use: Use): string | undefined {
  const most = LONGEST_NAME - LONGEST_ENDING;
  if (use !== 'append' || Buffer.byteLength(basename(path)) <= most) return undefined;
  return `whose name has more than ${most} bytes: when it is full it gets a longer one`;
}

function unmet(path: string, { subject, isFolder, mode, done, mayBeMissing }: Demand): string | undefined {
  try {
    const found = statSync(path);
    if (found.isDirectory() !== isFolder) return `${subject} is ${isFolder ? 'no' : 'a'} directory`;
    if (!isFolder && mode === R_OK && !found.isFile()) return found.isFIFO() && !mayBeMissing ? READ_ONCE : NO_FILE;
    accessSync(path, mode);
    return undefined;
  } catch (error) {
    // A replay may move the file away between any two checks.
    if (mayBeMissing && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return `${subject} ${reason(error).replace('read', done)}`;
  }
}
