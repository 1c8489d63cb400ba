/** What a hostile body costs a pipeline's HTTP source: memory, and how late it answers `/health` meanwhile. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { below, type Check, type Row } from './row.ts';

const MIB = 2 ** 20;
const BODY_BYTES = 8 * MIB;
/** The documented limit of the bytes in bodies, and what may come on top. */
const LIMIT_MIB = 64 + 150;
const HEALTH_MS = 250;
const LOOK_MS = 5;
const PROCESS = fileURLToPath(new URL('listener-process.js', import.meta.url));

const BODIES: Readonly<Record<string, () => Buffer>> = {
  'lines of one byte': () => Buffer.alloc(BODY_BYTES, '1\n'),
  'blank lines': () => Buffer.alloc(BODY_BYTES, '\n'),
  'lines of 1 MiB that are lists of lists': () =>
    Buffer.alloc(BODY_BYTES, `[${'[],'.repeat(349_000)}[]]\n`.padEnd(MIB - 1, ' ').concat('\n')),
};

/** Resolves with the longest time of an answer, once the work is done. */
async function longestAnswer(url: string, work: Promise<unknown>): Promise<number> {
  let longest = 0;
  let isDone = false;
  void work.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    const begin = performance.now();
    await (await request(`${url}/health`)).body.dump();
    longest = Math.max(longest, performance.now() - begin);
    await sleep(LOOK_MS);
  }
  return longest;
}

async function measure(name: string, body: Buffer, child: ChildProcess): Promise<Row[]> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const url = `http://127.0.0.1:${(await lines.next()).value}`;
  const headers = { 'content-type': 'application/x-ndjson' };
  const posted = request(`${url}/messages`, { method: 'POST', headers, body, headersTimeout: 0 }).then((answer) =>
    answer.body.dump(),
  );
  const health = await longestAnswer(url, posted);
  child.stdin?.end();
  const bytes = Number((await lines.next()).value);
  await once(child, 'close');
  return [
    below(`8 MiB of ${name}: memory`, LIMIT_MIB, { value: bytes / MIB, unit: ' MiB' }),
    below(`8 MiB of ${name}: longest answer of /health`, HEALTH_MS, { value: health, unit: ' ms' }),
  ];
}

export const listener: Check = async () => {
  const rows: Row[] = [];
  for (const [name, body] of Object.entries(BODIES)) {
    const child = spawn(process.execPath, [PROCESS], { stdio: ['pipe', 'pipe', 'inherit'] });
    rows.push(...(await measure(name, body(), child)));
  }
  return rows;
};
