/** What a newcomer runs first: `npm start`, here and in a fresh clone. */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY } from '../support/repository.ts';
import type { Check, Row } from './row.ts';

const AGAIN_SECONDS = 10;
const FRESH_SECONDS = 240;

interface Run {
  readonly seconds: number;
  readonly code: number | null;
}

export const start: Check = async () => {
  const name = 'npm start on a built tree';
  if (!existsSync(join(REPOSITORY, 'bin/produce'))) return [skipped(name, AGAIN_SECONDS, 'bin/produce is missing')];
  return [rowOf(name, AGAIN_SECONDS, await shell('npm start', REPOSITORY))];
};

export const fresh: Check = async (options) => {
  const name = 'npm ci && npm start in a fresh clone';
  if (!options.fresh) return [skipped(name, FRESH_SECONDS, 'only with --fresh')];
  const directory = await mkdtemp(join(tmpdir(), 'outspool-fresh-'));
  try {
    await promisify(execFile)('git', ['clone', '--quiet', REPOSITORY, directory]);
    if (!existsSync(join(directory, 'bin/produce'))) return [skipped(name, FRESH_SECONDS, 'bin/produce is missing')];
    return [rowOf(name, FRESH_SECONDS, await shell('npm ci && npm start', directory))];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

async function shell(command: string, cwd: string): Promise<Run> {
  const begin = performance.now();
  // Our own last line is JSON: what they say goes to stderr.
  const child = spawn(command, { cwd, shell: true, stdio: ['ignore', 2, 2] });
  const [code] = (await once(child, 'exit')) as [number | null];
  return { seconds: (performance.now() - begin) / 1000, code };
}

const limitOf = (seconds: number) => `<= ${seconds} s, code 0`;

const rowOf = (name: string, limit: number, { seconds, code }: Run): Row => ({
  name,
  limit: limitOf(limit),
  figure: `${seconds.toFixed(1)} s, code ${code}`,
  ok: seconds <= limit && code === 0,
});

const skipped = (name: string, limit: number, why: string): Row => ({
  name,
  limit: limitOf(limit),
  figure: '-',
  ok: true,
  skipped: why,
});
