/**
 * Kills the process at exactly the point that it was ordered to die at. What the spool does is seen through the functions of
 * `node:fs` that it calls, so that nothing in it knows of this.
 */

import fs from 'node:fs';
import { basename } from 'node:path';
import { note } from './journal.ts';
import { type KillOrder, ordersOf } from './orders.ts';

const { kill: order, armMs } = ordersOf(process.env);
let passed = 0;
let armedAt = 0;

/** Points count from so long after this. */
export function arm(): void {
  if (armedAt === 0) armedAt = performance.now() + armMs;
}

const named = (phase: string, variant?: string): KillOrder | undefined =>
  order?.phase === phase && (variant === undefined || order.variant === variant) ? order : undefined;

/** Whether this point is the one, and this the time. The start of a process is passed before anything is armed. */
export function isTime(phase: string, variant?: string): KillOrder | undefined {
  const found = named(phase, variant);
  if (found === undefined) return undefined;
  if (phase !== 'recovery' && (armedAt === 0 || performance.now() < armedAt)) return undefined;
  return ++passed === found.nth ? found : undefined;
}

/** Ends the process here; no thread does anything after it. */
export function die({ phase, variant }: KillOrder): void {
  note('point', `${phase}/${variant}`);
  process.kill(process.pid, 'SIGKILL');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** Dies if this is the moment. */
export function point(phase: string, variant: string): void {
  const now = isTime(phase, variant);
  if (now !== undefined) die(now);
}

/** Which file of the spool a descriptor is. */
const files = new Map<number, 'segment' | 'log'>();

function kindOf(path: string): 'segment' | 'log' | undefined {
  const name = basename(path);
  if (name.endsWith('.segment')) return 'segment';
  return name.startsWith('settlements.log') ? 'log' : undefined;
}

/** Puts the points of the spool's thread in place. */
export function watchFiles(): void {
  watchOpening();
  watchWriting();
  watchSyncing();
  watchNames();
}

function watchOpening(): void {
  const { openSync } = fs;
  fs.openSync = ((path: string, ...rest: [string, number?]) => {
    const fd = openSync(path, ...rest);
    const kind = kindOf(String(path));
    if (kind === undefined) files.delete(fd);
    else files.set(fd, kind);
    return fd;
  }) as typeof fs.openSync;
}

function watchWriting(): void {
  const { writevSync } = fs;
  fs.writevSync = ((fd: number, parts: NodeJS.ArrayBufferView[], position: number) => {
    const kind = files.get(fd);
    const [phase, prefix] = kind === 'segment' ? ['spool write', ''] : ['settling', 'log '];
    if (kind === undefined) return writevSync(fd, parts, position);
    point(phase, `${prefix}before`);
    const torn = isTime(phase, `${prefix}torn`);
    if (torn !== undefined) {
      writevSync(fd, [half(parts)], position);
      die(torn);
    }
    const written = writevSync(fd, parts, position);
    point(phase, `${prefix}after`);
    return written;
  }) as typeof fs.writevSync;
}

function half(parts: readonly NodeJS.ArrayBufferView[]): Uint8Array {
  const all = Buffer.concat(parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength)));
  return all.subarray(0, Math.floor(all.length / 2));
}

function watchSyncing(): void {
  const { fdatasync } = fs;
  fs.fdatasync = ((fd: number, done: (error: NodeJS.ErrnoException | null) => void) => {
    point('spool write', 'syncing');
    fdatasync(fd, (error) => {
      point('spool write', 'synced');
      done(error);
    });
  }) as typeof fs.fdatasync;
}

/** The log is replaced when the spool is opened, and whenever it has grown. */
function watchNames(): void {
  const { renameSync } = fs;
  fs.renameSync = (from, to) => {
    point('recovery', 'log written');
    renameSync(from, to);
    point('recovery', 'log renamed');
  };
  const { rm } = fs.promises;
  fs.promises.rm = async (path, options) => {
    point('settling', 'segment settled');
    await rm(path, options);
    point('settling', 'segment removed');
  };
}
