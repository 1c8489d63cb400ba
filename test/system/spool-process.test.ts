import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { SpoolLockedError } from '../../src/shared/errors.ts';
import { lockSpool } from '../../src/spool/lock.ts';
import { newDirectory, openSpool, range, readAll, sequencesOf } from '../support/spool-rig.ts';

const KILLS = Number(process.env.OUTSPOOL_SPOOL_KILLS ?? 6);
const OWNER = fileURLToPath(new URL('../support/spool-owner.js', import.meta.url));

describe('a spool and its process', () => {
  let directory: string;
  const children: ChildProcess[] = [];

  beforeEach(() => {
    directory = newDirectory();
  });

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    fs.rmSync(directory, { recursive: true, force: true });
  });

  function start(...args: string[]) {
    const command = [OWNER, directory, ...args];
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    const lines: string[] = [];
    const reader = createInterface({ input: child.stdout });
    reader.on('line', (line) => lines.push(line));
    return { child, lines, ended: once(reader, 'close') };
  }

  async function until(lines: readonly string[], line: string): Promise<void> {
    while (!lines.includes(line)) await sleep(5);
  }

  it('excludes another producer of the same process, until it lets go', () => {
    const lock = lockSpool(directory);
    expect(() => lockSpool(directory)).to.throw(SpoolLockedError, `process ${process.pid} on ${hostname()}`);
    lock.release();
    lock.release();
    lockSpool(directory).release();
    expect(fs.statSync(join(directory, 'owner.lock')).mode & 0o777).to.equal(0o600);
  });

  it('is held by the process, not by the worker that uses it: that may die', async () => {
    const lock = lockSpool(directory);
    const { href } = new URL('../../src/spool/lock.js', import.meta.url);
    const script = `import { parentPort } from 'node:worker_threads';
      const { lockSpool } = await import('${href}');
      try { lockSpool('${directory}'); } catch ({ name }) { parentPort.postMessage(name); }
      setImmediate(() => process.exit(1));`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`));
    const [[refused], [code]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
    expect([refused, code]).to.deep.equal(['SpoolLockedError', 1]);
    expect(() => lockSpool(directory)).to.throw(SpoolLockedError);
    lock.release();
  });

  it('excludes another process, whose end by SIGKILL frees it', async () => {
    const { child, lines } = start('lock');
    await until(lines, 'locked');
    expect(() => lockSpool(directory)).to.throw(SpoolLockedError, `process ${child.pid} on`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    lockSpool(directory).release();
  });

  it('takes a lock file that somebody has left behind, whatever is in it', () => {
    fs.writeFileSync(join(directory, 'owner.lock'), `process 1 on ${hostname()}\n${'x'.repeat(1000)}`);
    const lock = lockSpool(directory);
    expect(() => lockSpool(directory)).to.throw(SpoolLockedError, `process ${process.pid} on`);
    lock.release();
  });

  it(`has all that was confirmed, and nothing wrong, after each of ${KILLS} SIGKILLs`, async function () {
    this.timeout(30_000 + KILLS * 5000);
    for (let round = 0; round < KILLS; round++) {
      const { child, lines, ended } = start();
      await until(lines, 'locked');
      while (!lines.some((line) => line.startsWith('confirmed'))) await sleep(5);
      await sleep((round * 37) % 200);
      child.kill('SIGKILL');
      await ended;
      await verify(lines);
    }
  });

  const lastOf = (lines: readonly string[], word: string): number =>
    Number(lines.findLast((line) => line.startsWith(`${word} `))?.split(' ')[1] ?? -1);

  async function verify(lines: readonly string[]): Promise<void> {
    expect(lines.filter((line) => line.startsWith('loss lost'))).to.deep.equal([]);
    const { spool, losses } = await openSpool(directory);
    const got = sequencesOf(readAll(spool, 64 * 1024));
    const settled = lastOf(lines, 'settling');
    const confirmed = lastOf(lines, 'confirmed');
    expect(losses.filter(({ kind }) => kind !== 'unconfirmed')).to.deep.equal([]);
    expect(got).to.deep.equal(range(got[0] as number, got.at(-1) as number));
    expect(got[0]).to.be.at.most(settled + 1);
    expect(got.at(-1)).to.be.at.least(confirmed - 1);
    await spool.close();
  }
});
