/** One replay of a file at a time: a file that names its process, recognised as stale when that is gone. */

import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { UsageError } from '../exit.ts';

interface Owner {
  readonly pid: number;
  readonly host: string;
  /** When the process began, as the system counts: numbers of processes are used again. */
  readonly began: string;
}

const TRIES = 5;

/** Resolves with what lets go of it. @throws UsageError while another process has it */
export async function lock(file: string): Promise<() => Promise<void>> {
  const path = `${file}.lock`;
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), began: await beganAt(process.pid) });
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (await taken(path, mine)) return () => rm(path, { force: true });
    const found = await readFile(path, 'utf8').catch(() => undefined);
    if (found === undefined) continue; // let go of at this moment
    if (await isAlive(found)) throw busy(file, path, found);
    await removeStale(path, found);
  }
  throw new UsageError(`${path} changes all the time: is ${file} being replayed?`);
}

/** Whole at once: nobody finds a lock without its owner's name in it. */
async function taken(path: string, content: string): Promise<boolean> {
  const draft = `${path}-${randomBytes(4).toString('hex')}`;
  await writeFile(draft, content, { flag: 'wx', mode: 0o600 });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Two may find it stale at once, and the slower one must not remove the lock that the other one has just taken. */
async function removeStale(path: string, content: string): Promise<void> {
  const aside = `${path}-${randomBytes(4).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  if ((await readFile(aside, 'utf8')) !== content) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

async function isAlive(content: string): Promise<boolean> {
  const owner = ownerIn(content);
  if (owner === undefined) return false;
  if (owner.host !== hostname()) return true; // nobody can tell from here
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return (await beganAt(owner.pid)) === owner.began;
}

function ownerIn(content: string): Owner | undefined {
  try {
    const owner = JSON.parse(content) as Partial<Owner> | null;
    const isOwner = Number.isInteger(owner?.pid) && typeof owner?.host === 'string';
    return isOwner ? (owner as Owner) : undefined;
  } catch {
    return undefined;
  }
}

/** Empty where the system does not say. */
async function beganAt(pid: number): Promise<string> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name in parentheses may hold anything; the start is the 20th field behind it.
  return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function busy(file: string, path: string, content: string): UsageError {
  const { pid, host } = ownerIn(content) as Owner;
  const who = host === hostname() ? `process ${pid}` : `process ${pid} on ${host}`;
  return new UsageError(`${file} is being replayed by ${who}; if that is not so, remove ${path}`);
}
