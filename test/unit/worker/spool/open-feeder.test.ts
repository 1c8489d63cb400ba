import fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { SpoolError } from '../../../../src/shared/errors.ts';
import type { Handover, ToCaller } from '../../../../src/shared/protocol.ts';
import { SpoolWords } from '../../../../src/shared/spool-progress.ts';
import { Deliveries } from '../../../../src/worker/deliveries.ts';
import type { FeederOutlets } from '../../../../src/worker/spool/feeder.ts';
import { openFeeder } from '../../../../src/worker/spool/open-feeder.ts';
import { failReads } from '../../../support/failing-reads.ts';
import { numbered, slotOf } from '../../../support/leases.ts';
import { append, openSpool } from '../../../support/spool-rig.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';
import { until } from '../../../support/until.ts';

describe('a worker that opens its spool', () => {
  const directory = temporaryDirectories();

  function outletsTo(said: ToCaller[]): FeederOutlets {
    const post = (message: ToCaller) => void said.push(message);
    return { offer: () => {}, post, deliveries: new Deliveries(post), emptied: () => {} };
  }

  async function opened(path: string, words: SpoolWords, handover?: Handover) {
    const said: ToCaller[] = [];
    const start = { directory: path, maxBytes: 2 ** 20, syncIntervalMs: 0, directRanges: 1, words: words.shared };
    const feeder = await openFeeder({ ...start, ...(handover && { handover }) }, outletsTo(said));
    return { feeder, said };
  }

  /** Ten messages of an earlier run, and so many of this one, of which `written` were said to be written. */
  async function left(count: number, written: number): Promise<{ path: string; words: SpoolWords }> {
    const path = directory();
    const { spool } = await openSpool(path);
    append(spool, 0, 10 + count);
    await spool.close();
    const words = new SpoolWords();
    words.base = 10;
    words.written = written;
    return { path, words };
  }

  async function pendingIn(path: string) {
    const { spool } = await openSpool(path);
    const runs = [...spool.pendingRuns()];
    await spool.close();
    return runs;
  }

  it('tells the caller’s side the size of the spool, in memory that outlives the worker', async () => {
    const { path, words } = await left(0, 0);
    const { feeder } = await opened(path, words);
    const before = words.bytes;
    expect(before).to.be.above(0);
    feeder.receive([{ shared: slotOf(numbered(100)).shared, from: 0, count: 100, sequence: 0 }]);
    expect(words.bytes).to.be.above(before + 100 * 40);
    await feeder.close();
  });

  it('settles what its predecessor had no time to: what is not pending, of whichever run', async () => {
    const { path, words } = await left(20, 20);
    const pending = [
      [-4, -1],
      [3, 3],
      [10, 14],
      [18, 30],
    ] as const;
    const { feeder } = await opened(path, words, { backlog: [], poison: [], readBefore: Infinity, pending });
    await feeder.close();
    expect(await pendingIn(path)).to.deep.equal([
      [6, 9],
      [13, 13],
      [20, 24],
      [28, 29],
    ]);
  });

  it('finds what its predecessor had written and not said, and writes it no second time', async () => {
    const { path, words } = await left(3, 1);
    const { feeder, said } = await opened(path, words, {
      backlog: [],
      poison: [],
      readBefore: Infinity,
      pending: [[-10, 3]],
    });
    expect(words.written).to.equal(3);
    const slot = slotOf(numbered(4));
    feeder.receive([{ shared: slot.shared, from: 0, count: 4, sequence: 0 }]);
    expect(said.at(-1)).to.deep.equal({ type: 'written', leases: 1 });
    await feeder.close();
    expect(await pendingIn(path)).to.deep.equal([
      [0, 12],
      [13, 13],
    ]);
  });

  it('says what is lost, whether the opening finds it or the reading, and what has become of its messages', async () => {
    const { path, words } = await left(0, 0);
    const { spool } = await openSpool(path, { segmentBytes: 300 });
    for (let first = 10; first < 20; first += 5) append(spool, first, 5);
    await spool.close();
    const [, second = '', third = ''] = fs.readdirSync(path).filter((name) => name.endsWith('.segment'));
    fs.rmSync(join(path, second)); // found missing at the opening
    const file = join(path, third);
    const bytes = fs.readFileSync(file);
    bytes[bytes.length - 40] = ~(bytes[bytes.length - 40] as number); // of its last record, found when it is read
    fs.writeFileSync(file, bytes);
    words.base = -1;
    const { feeder, said } = await opened(path, words);
    feeder.feed();
    feeder.feed();
    const troubles = said.flatMap((one) => (one.type === 'spoolTrouble' ? [`${one.level} ${one.trouble}`] : []));
    expect(troubles.map((trouble) => trouble.replace(path, ''))).to.deep.equal([
      `error /${second}: the file that should hold these messages is not there: 5 messages are lost (messages 10 to 14)`,
      `error /${third}: damaged: its CRC is wrong: 1 messages are lost (messages 19 to 19)`,
    ]);
    expect(said.filter(({ type }) => type === 'lost')).to.deep.equal([{ type: 'lost', messages: [[-1, -1]] }]);
    await feeder.close();
  });

  const nothing: Handover = { backlog: [], poison: [], readBefore: Infinity, pending: [] };
  const everything: Handover = { ...nothing, pending: [[-10, 99]] };

  for (const [what, handover] of [
    ['by the first worker', undefined],
    ['by one that replaces another', everything],
  ] as const)
    it(`counts nothing as written that is not on disk (${what})`, async () => {
      const { path, words } = await left(3, 9);
      const { feeder, said } = await opened(path, words, handover);
      expect(words.written).to.equal(3);
      const slot = slotOf(numbered(9));
      feeder.receive([{ shared: slot.shared, from: 0, count: 9, sequence: 0 }]);
      expect(said.at(-1)).to.deep.equal({ type: 'written', leases: 1 });
      await feeder.close();
      expect((await pendingIn(path)).at(-1)?.[1]).to.equal(10 + 8);
    });

  it('takes for written no more than was said by the first worker', async () => {
    const { path, words } = await left(3, 1);
    const { feeder } = await opened(path, words);
    expect(words.written).to.equal(1);
    await feeder.close();
  });

  it('leaves alone what was not said to be written when the counters were closed', async () => {
    const { path, words } = await left(5, 2);
    const { spool } = await openSpool(path);
    spool.settle(13);
    await spool.close();
    words.seal();
    const { feeder } = await opened(path, words, nothing);
    expect(words.written).to.equal(2);
    await feeder.close();
    expect(await pendingIn(path)).to.deep.equal([
      [12, 12],
      [14, 14],
    ]);
  });

  it('settles nothing and keeps its files as they are where one of them cannot be read', async () => {
    const { path, words } = await left(3, 3);
    words.base = -1;
    const before = fs.readdirSync(path);
    const reads = failReads({ from: 0, code: 'EMFILE' });
    const failure = await opened(path, words, nothing).catch((error: unknown) => error);
    reads.restore();
    expect(failure).to.be.instanceOf(SpoolError);
    expect((failure as Error).cause).to.have.property('code', 'EMFILE');
    expect([words.isOpen, words.written]).to.deep.equal([false, 3]);
    expect(fs.readdirSync(path)).to.deep.equal(before);
    expect(await pendingIn(path)).to.deep.equal([[0, 12]]);
  });

  it('counts as lost what is on disk only by the counters and that its predecessor lost with the end of its file', async () => {
    const { path, words } = await left(3, 9);
    const { feeder, said } = await opened(path, words, {
      backlog: [[1, 8]],
      poison: [],
      readBefore: Infinity,
      pending: [[0, 8]],
    });
    feeder.feed();
    const outcomes = said.filter(({ type }) => type === 'lost' || type === 'delivered');
    expect(outcomes).to.deep.equal([{ type: 'lost', messages: [[3, 8]] }]);
    await feeder.close();
  });

  it('says what is lost also where the opening fails afterwards', async () => {
    const { path, words } = await left(3, 3);
    const segment = fs.readdirSync(path).find((name) => name.endsWith('.segment')) ?? '';
    fs.writeFileSync(join(path, segment), Buffer.alloc(fs.statSync(join(path, segment)).size));
    const sync = sinon
      .stub(fs, 'fsync')
      .callsFake(((_fd: number, done: (error: Error) => void) =>
        done(Object.assign(new Error('bad disk'), { code: 'EIO' }))) as typeof fs.fsync);
    const said: ToCaller[] = [];
    const start = { directory: path, maxBytes: 2 ** 20, syncIntervalMs: 0, directRanges: 1, words: words.shared };
    const failure = await openFeeder(start, outletsTo(said)).catch((error: unknown) => error);
    sync.restore();
    expect(failure).to.be.instanceOf(SpoolError);
    const errors = said.flatMap((one) => (one.type === 'spoolTrouble' && one.level === 'error' ? [one.trouble] : []));
    expect(errors.join()).to.contain('13 messages are lost (messages 0 to 12)');
  });

  it('says of every failed sync what it should have covered, asked for it or not', async () => {
    const { feeder, said } = await opened(directory(), new SpoolWords());
    const slot = slotOf(numbered(2));
    const sync = sinon
      .stub(fs, 'fdatasync')
      .callsFake(((_fd: number, done: (error: Error) => void) =>
        done(Object.assign(new Error('bad disk'), { code: 'EIO' }))) as typeof fs.fdatasync);
    try {
      feeder.receive([{ shared: slot.shared, from: 0, count: 2, sequence: 0 }]);
      await until(() => said.some(({ type }) => type === 'unconfirmed'));
    } finally {
      sync.restore();
    }
    expect(said.find(({ type }) => type === 'unconfirmed')).to.include({ before: 2 });
    await feeder.close();
  });
});
