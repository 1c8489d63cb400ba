import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import type { Loss } from '../../../src/spool/recovery/loss.ts';
import { isToRead } from '../../support/failing-reads.ts';
import { openIn } from '../../support/open-files.ts';
import { append, copySpool, newDirectory, openSpool, range, readAll, sequencesOf } from '../../support/spool-rig.ts';

const CALLS = [
  ...['linkSync', 'openSync', 'renameSync', 'rmSync', 'truncateSync', 'ftruncateSync', 'writevSync'],
  ...['fdatasyncSync', 'fsyncSync', 'fdatasync', 'fsync'],
] as const;

type Call = (...args: unknown[]) => unknown;

/** Lets calls fail that change something or sync it: `times` of them from the call `at` on, counted from 0. */
function failChanges(at: number, times: number): { readonly calls: readonly string[]; restore(): void } {
  const calls: string[] = [];
  const stubs = CALLS.map((name) => {
    const real = fs[name as 'openSync'] as Call;
    return sinon.stub(fs, name as 'openSync').callsFake(((...args: unknown[]) => {
      if (name === 'openSync' && isToRead(args[1])) return real(...args);
      calls.push(name);
      const call = calls.length - 1;
      if (call < at || call >= at + times) return real(...args);
      const error = Object.assign(new Error(`EIO: ${name}`), { code: 'EIO' });
      const done = args.at(-1);
      if (typeof done !== 'function') throw error;
      setImmediate(() => done(error));
      return undefined;
    }) as never);
  });
  syncBuiltinESMExports();
  return {
    calls,
    restore: () => {
      for (const stub of stubs) stub.restore();
      syncBuiltinESMExports();
    },
  };
}

describe('an opening that is broken off', () => {
  const directories: string[] = [];
  const directory = () => {
    directories.push(newDirectory());
    return directories.at(-1) as string;
  };

  afterEach(() => {
    sinon.restore();
    for (const path of directories.splice(0)) fs.rmSync(path, { recursive: true, force: true });
  });

  const segmentsOf = (path: string) => fs.readdirSync(path).filter((name) => name.endsWith('.segment'));

  /**
   * After a crash: a segment has settled whose file is there, one is unreadable, the last batch and one entry of the log are
   * half-written, and there are a file of another name and a half-made copy.
   */
  async function crashed(): Promise<string> {
    const path = directory();
    const { spool } = await openSpool(path, { segmentBytes: 3000, syncIntervalMs: 3_600_000 });
    for (let first = 0; first < 90; first += 10) append(spool, first, 10);
    await spool.synced();
    await new Promise(setImmediate);
    spool.settle(3, 4);
    await new Promise(setImmediate);
    const left = directory();
    copySpool(path, left);
    spool.settle(0, 29);
    await new Promise(setImmediate);
    fs.copyFileSync(join(path, 'settlements.log'), join(left, 'settlements.log'));
    await spool.close();
    const [, , second = '', third = ''] = segmentsOf(left);
    fs.copyFileSync(join(left, second), join(left, second.replace(/\d{16}/, String(9e9).padStart(16, '0'))));
    fs.rmSync(join(left, second.replace(/\d{16}/, String(9e9).padStart(16, '0'))));
    fs.writeFileSync(join(left, `${third}.new`), 'half');
    const unreadable = join(left, third);
    fs.writeFileSync(unreadable, Buffer.alloc(fs.statSync(unreadable).size));
    const log = fs.readFileSync(join(left, 'settlements.log'));
    fs.writeFileSync(join(left, 'settlements.log'), Buffer.concat([log, Buffer.alloc(24, 7)]));
    fs.appendFileSync(join(left, segmentsOf(left).at(-1) as string), Buffer.alloc(100, 1));
    return left;
  }

  const lost = (losses: readonly Loss[]) =>
    losses.flatMap(({ kind, first = 0, last = first }) => (kind === 'lost' ? range(first, last) : []));

  for (const [which, times] of [
    ['one call', 1],
    ['a call and all that follow', Infinity],
  ] as const)
    it(`leaves nothing open, and the next one finds what is lost and what has settled (${which})`, async function () {
      this.timeout(600_000);
      const original = await crashed();
      const clean = directory();
      copySpool(original, clean);
      const counting = failChanges(0, 0);
      const { spool, losses } = await openSpool(clean);
      counting.restore();
      const expected = { read: sequencesOf(readAll(spool)), lost: lost(losses) };
      await spool.close();
      expect(expected.read.length).to.be.greaterThan(20);
      expect(expected.read[0]).to.be.greaterThan(20);
      expect(expected.lost).to.not.deep.equal([]);
      expect(counting.calls).to.have.lengthOf.above(8);
      for (const [at, call] of counting.calls.entries()) {
        const path = directory();
        copySpool(original, path);
        const failing = failChanges(at, times);
        const found: Loss[] = [];
        const first = await openSpool(path, { onLoss: (loss) => found.push(loss) }).catch((error: Error) => error);
        failing.restore();
        if (first instanceof Error) expect(openIn(path), `open after ${call} ${at}`).to.deep.equal([]);
        else await first.spool.close();
        const again = await openSpool(path);
        const read = sequencesOf(readAll(again.spool));
        const reported = [...new Set([...lost(found), ...lost(again.losses)])];
        await again.spool.close();
        expect(read, `read after ${call} ${at}`).to.deep.equal(expected.read);
        expect(reported, `lost after ${call} ${at}`).to.deep.equal(expected.lost);
      }
    });
});
