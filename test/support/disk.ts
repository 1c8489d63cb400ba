/**
 * A disk that keeps only what was synced. Files are real; while a `Disk` is installed it stands in for every sync, and knows
 * what of the files and of the names in the directories below `root` a power cut would leave.
 *
 * After a sync that it lets fail, what should have been written is lost, and the next sync of the same file succeeds all the
 * same: so does Linux ("fsyncgate").
 */

import fs from 'node:fs';
import { join, relative } from 'node:path';
import sinon from 'sinon';

export interface SyncCall {
  readonly what: 'data' | 'directory';
  /** Relative to the root, '.' for the root itself, undefined for a file without a name. */
  readonly path: string | undefined;
}

/** What a power cut leaves of a file. */
interface Content {
  durable: Buffer;
  /** As it was when the system last had to write it: all of that is either durable or lost. */
  seen: Buffer;
}

type Names = Map<string, string>;

const BLOCK = 64;
const EMPTY = Buffer.alloc(0);

export class Disk {
  readonly root: string;
  readonly calls: SyncCall[] = [];
  /** Decides about each call, before it. */
  refuse: (call: SyncCall, index: number) => boolean = () => false;
  readonly #contents = new Map<string, Content>();
  readonly #names = new Map<string, Names>();
  readonly #sandbox = sinon.createSandbox();

  /** What is there now counts as synced. */
  constructor(root: string) {
    this.root = root;
    for (const path of pathsBelow(root)) this.#adopt(path);
  }

  #adopt(path: string): void {
    const key = keyAt(path) as string;
    if (fs.statSync(path).isDirectory()) this.#names.set(key, namesIn(path));
    else this.#contents.set(key, { durable: fs.readFileSync(path), seen: fs.readFileSync(path) });
  }

  install(): this {
    const stub = (name: 'fsync' | 'fdatasync') =>
      this.#sandbox.stub(fs, name).callsFake(((fd: number, done: (error: Error | null) => void) => {
        const end = this.#begin(fd);
        setImmediate(() => done(end() ?? null));
      }) as typeof fs.fsync);
    const stubNow = (name: 'fsyncSync' | 'fdatasyncSync') =>
      this.#sandbox.stub(fs, name).callsFake((fd) => {
        const error = this.#begin(fd)();
        if (error !== undefined) throw error;
      });
    stub('fsync');
    stub('fdatasync');
    stubNow('fsyncSync');
    stubNow('fdatasyncSync');
    return this;
  }

  restore(): void {
    this.#sandbox.restore();
  }

  /** A sync covers what is there when it begins. The result ends it. */
  #begin(fd: number): () => Error | undefined {
    const key = keyOf(fs.fstatSync(fd, { bigint: true }));
    const path = pathsBelow(this.root).find((one) => keyAt(one) === key);
    const isDirectory = fs.fstatSync(fd).isDirectory();
    const call: SyncCall = {
      what: isDirectory ? 'directory' : 'data',
      path: path === undefined ? undefined : relative(this.root, path) || '.',
    };
    const isRefused = this.refuse(call, this.calls.length);
    this.calls.push(call);
    if (path !== undefined && isDirectory) {
      const names = namesIn(path);
      return () => (isRefused ? failure() : void this.#names.set(key, names));
    }
    const now = path === undefined ? undefined : bytesAt(path);
    return () => {
      if (now !== undefined) this.#written(key, now, isRefused);
      return isRefused ? failure() : undefined;
    };
  }

  #written(key: string, now: Buffer, isLost: boolean): void {
    const content = this.#contentOf(key);
    if (!isLost) content.durable = merge(content, now, () => true);
    content.seen = now;
  }

  #contentOf(key: string): Content {
    const content = this.#contents.get(key) ?? { durable: EMPTY, seen: EMPTY };
    this.#contents.set(key, content);
    return content;
  }

  /** Names below the root of which a power cut may leave something else than what they are now. */
  get unsyncedNames(): string[] {
    return pathsBelow(this.root)
      .filter((path) => fs.statSync(path).isDirectory())
      .flatMap((directory) => {
        const now = namesIn(directory);
        const durable = this.#names.get(keyAt(directory) as string) ?? new Map();
        const all = [...new Set([...now.keys(), ...durable.keys()])];
        return all.filter((name) => now.get(name) !== durable.get(name)).map((name) => join(directory, name));
      })
      .map((path) => relative(this.root, path))
      .sort();
  }

  /** Files below the root of which a power cut may take something. */
  get unsyncedFiles(): string[] {
    return pathsBelow(this.root)
      .filter((path) => fs.statSync(path).isFile())
      .filter((path) => !(this.#contents.get(keyAt(path) as string)?.durable ?? EMPTY).equals(fs.readFileSync(path)))
      .map((path) => relative(this.root, path));
  }

  /** Writes into `target` what a power cut leaves at this moment. `chance` decides about all that was not synced. */
  cut(target: string, chance: () => boolean): void {
    fs.mkdirSync(target, { recursive: true });
    this.#cutDirectory(this.root, keyAt(this.root) as string, target, chance);
  }

  #cutDirectory(path: string | undefined, key: string, target: string, chance: () => boolean): void {
    const durable: Names = this.#names.get(key) ?? new Map();
    const now: Names = path === undefined ? new Map() : namesIn(path);
    // Both names of a renamed file have one fate, as a file system renames in one step.
    const fates = new Map<string, boolean>();
    for (const name of new Set([...durable.keys(), ...now.keys()])) {
      const decider = durable.get(name) ?? (now.get(name) as string);
      if (!fates.has(decider)) fates.set(decider, chance());
      const left = fates.get(decider) ? now.get(name) : durable.get(name);
      if (left !== undefined) this.#cutEntry(left, join(target, name), chance);
    }
  }

  #cutEntry(key: string, target: string, chance: () => boolean): void {
    const path = pathsBelow(this.root).find((one) => keyAt(one) === key);
    const isDirectory = this.#names.has(key) || (path !== undefined && isDirectoryAt(path));
    if (isDirectory) {
      fs.mkdirSync(target, { mode: 0o700 });
      this.#cutDirectory(path, key, target, chance);
    } else {
      const content = this.#contentOf(key);
      const now = (path === undefined ? undefined : bytesAt(path)) ?? content.seen;
      fs.writeFileSync(target, merge(content, now, chance), { mode: 0o600 });
    }
  }
}

const failure = (): Error => Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO', syscall: 'fsync' });

/** The durable bytes, with what has changed since the file was last seen, block by block as `takes` decides. */
function merge({ durable, seen }: Content, now: Buffer, takes: () => boolean): Buffer {
  const length = takes() ? now.length : durable.length;
  const result = Buffer.alloc(length);
  durable.copy(result);
  for (let at = 0; at < Math.min(length, now.length); at += BLOCK) {
    const block = now.subarray(at, Math.min(at + BLOCK, length));
    if (!takes()) continue;
    for (const [index, byte] of block.entries())
      if (at + index >= seen.length || seen[at + index] !== byte) result[at + index] = byte;
  }
  return result;
}

/** Undefined for a file that has just been deleted, on a thread of Node's pool. */
function bytesAt(path: string): Buffer | undefined {
  try {
    return fs.readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const isDirectoryAt = (path: string): boolean => fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** A file, whatever it is called; an inode number alone is used again. */
const keyOf = ({ ino, birthtimeNs }: fs.BigIntStats): string => `${ino}-${birthtimeNs}`;

function keyAt(path: string): string | undefined {
  const stat = fs.statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && keyOf(stat);
}

const namesIn = (directory: string): Names =>
  new Map(
    fs.readdirSync(directory).flatMap((name) => {
      const key = keyAt(join(directory, name));
      return key === undefined || name.endsWith('.lock') ? [] : [[name, key] as const];
    }),
  );

function pathsBelow(path: string): string[] {
  const stat = fs.statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isDirectory()) return [path];
  return [path, ...fs.readdirSync(path).flatMap((name) => pathsBelow(join(path, name)))];
}
