/** One at a time: whoever starts or ends a shape while another does waits for it. */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BrokersError } from './java.ts';
import { type Shape, shapeDirectory } from './places.ts';

const WAIT_MS = 400_000; // fetching and starting, at their slowest
const PAUSE_MS = 200;

export async function locked<T>(shape: Shape, work: () => Promise<T>): Promise<T> {
  const file = `${shapeDirectory(shape)}.lock`;
  mkdirSync(dirname(file), { recursive: true });
  const end = performance.now() + WAIT_MS;
  while (!take(file)) {
    if (performance.now() > end) throw new BrokersError(`another process holds ${file}`);
    await sleep(PAUSE_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (!isHeld(file)) rmSync(file, { force: true }); // its holder died; whoever comes next takes it
    return false;
  }
}

function isHeld(file: string): boolean {
  try {
    process.kill(Number(readFileSync(file, 'utf8')), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
