/** Calls of `node:fs/promises` that fail as a test says: those by path, and those on a handle that was opened through it, syncs too. */

import callbacks from 'node:fs';
import fs, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const BY_PATH = ['open', 'stat', 'readdir', 'rename'] as const;
const ON_HANDLE = ['read', 'handle stat', 'writeFile', 'sync', 'close'] as const;

export const OPERATIONS = [...BY_PATH, ...ON_HANDLE];
export type Operation = (typeof OPERATIONS)[number];

export interface Fault {
  readonly operation: Operation;
  readonly code: string;
  /** So many calls pass before. */
  readonly after: number;
  /** And so many fail. */
  readonly times: number;
}

type Call = (this: unknown, ...args: unknown[]) => Promise<unknown>;
type Done = (error: Error | null) => void;

export class FsFaults {
  /** Calls that have failed. */
  fired = 0;
  /** Handles that nothing has closed yet. */
  open = 0;
  readonly #folder: string;
  readonly #handles = new WeakSet<object>();
  readonly #descriptors = new Map<number, FileHandle>();
  readonly #restores: Array<() => void> = [];
  /** Handles that have failed with ESTALE once fail for ever. */
  readonly #stale = new WeakSet<object>();
  #fault: Fault | undefined;
  #seen = 0;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Only calls that concern files in `folder` can fail. */
  static async in(folder: string): Promise<FsFaults> {
    const faults = new FsFaults(folder);
    const handle = await fs.open('/dev/null');
    const prototype = Object.getPrototypeOf(handle);
    await handle.close();
    for (const name of BY_PATH) faults.#wrap(fs, name, name, (_, path) => String(path).startsWith(folder));
    for (const name of ['read', 'stat', 'writeFile'])
      faults.#wrap(prototype, name, name === 'stat' ? 'handle stat' : (name as Operation), (on) => faults.#isOurs(on));
    for (const name of ['fsync', 'fdatasync'] as const) faults.#wrapSync(name);
    syncBuiltinESMExports();
    return faults;
  }

  /** Without a fault, every call works. */
  arm(fault: Fault | undefined): void {
    this.#fault = fault;
    this.#seen = 0;
  }

  #wrap(on: object, name: string, operation: Operation, concerns: (on: unknown, path: unknown) => boolean): void {
    const calls = on as Record<string, Call>;
    const real = calls[name] as Call;
    const faults = this;
    calls[name] = async function (...args) {
      if (concerns(this, args[0]) && faults.#fails(operation, this)) throw faults.#error();
      const result = await real.apply(this, args);
      if (operation === 'open' && concerns(this, args[0])) faults.#follow(result as FileHandle);
      return result;
    };
    this.#restores.push(() => {
      calls[name] = real;
    });
  }

  #wrapSync(name: 'fsync' | 'fdatasync'): void {
    const real = callbacks[name];
    const faulty = (fd: number, done: Done) => {
      const handle = this.#descriptors.get(fd);
      if (handle !== undefined && this.#fails('sync', handle)) setImmediate(done, this.#error());
      else real(fd, done);
    };
    callbacks[name] = faulty as typeof real;
    this.#restores.push(() => {
      callbacks[name] = real;
    });
  }

  #isOurs(handle: unknown): boolean {
    return this.#handles.has(handle as object);
  }

  #follow(handle: FileHandle): void {
    const { fd } = handle;
    this.#handles.add(handle);
    this.#descriptors.set(fd, handle);
    this.open++;
    const close = handle.close.bind(handle);
    handle.close = async () => {
      const fails = this.#fails('close', handle);
      this.open--;
      this.#descriptors.delete(fd);
      await close(); // the descriptor is gone whatever it returns
      if (fails) throw this.#error();
    };
  }

  #fails(operation: Operation, on: unknown): boolean {
    const fault = this.#fault;
    if (operation === 'read' && this.#stale.has(on as object)) return true;
    if (fault === undefined || fault.operation !== operation) return false;
    const at = this.#seen++;
    const fails = at >= fault.after && at < fault.after + fault.times;
    if (fails) this.fired++;
    if (fails && fault.code === 'ESTALE' && this.#isOurs(on)) this.#stale.add(on as object);
    return fails;
  }

  #error(): Error {
    const { code, operation } = this.#fault ?? { code: 'ESTALE', operation: 'read' };
    const syscall = operation === 'readdir' ? 'scandir' : operation;
    return Object.assign(new Error(`${code}: as the test wants it, in '${this.#folder}'`), { code, syscall });
  }

  restore(): void {
    for (const restore of this.#restores) restore();
    syncBuiltinESMExports();
  }
}
