import fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { SpoolWriteError } from '../../../src/shared/errors.ts';
import { DirectoryNames } from '../../../src/spool/directory-names.ts';
import { lockSpool } from '../../../src/spool/lock.ts';
import { SettlementBook } from '../../../src/spool/settlements/settlement-book.ts';
import { Disk, type SyncCall } from '../../support/disk.ts';
import { append, newDirectory, openSpool, pack, range, readAll, sequencesOf } from '../../support/spool-rig.ts';
import { until } from '../../support/until.ts';

describe('what of a spool is on disk', () => {
  let root: string;
  let directory: string;
  let disk: Disk;

  beforeEach(() => {
    root = newDirectory();
    directory = join(root, 'spool');
    disk = new Disk(root).install();
  });

  afterEach(() => {
    sinon.restore();
    disk.restore();
    fs.rmSync(root, { recursive: true, force: true });
  });

  const open = (options = {}) => openSpool(directory, { segmentBytes: 2048, ...options });
  const segments = () => fs.readdirSync(directory).filter((name) => name.endsWith('.segment'));
  const isLog = ({ path }: SyncCall) => path === join('spool', 'settlements.log');
  const isSegment = ({ path }: SyncCall) => path?.endsWith('.segment') === true;

  /** Lets the next `count` calls fail that `which` chooses. */
  function refuse(which: (call: SyncCall) => boolean, count = 1): void {
    let left = count;
    disk.refuse = (call) => left > 0 && which(call) && left-- > 0;
  }

  /** The spool as a power cut leaves it now, that takes all that was not synced. */
  async function afterPowerCut() {
    const left = newDirectory();
    disk.cut(left, () => false);
    const { spool, losses } = await openSpool(join(left, 'spool'));
    const read = sequencesOf(readAll(spool));
    await spool.close();
    fs.rmSync(left, { recursive: true });
    return { read, lost: losses.filter(({ kind }) => kind === 'lost') };
  }

  const failureOf = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    );

  /** The names that were not synced when the first file was deleted. */
  function atFirstDeletion(): { unsynced?: string[]; unsyncedFiles?: string[] } {
    const found: { unsynced?: string[]; unsyncedFiles?: string[] } = {};
    const { rm } = fs.promises;
    sinon.stub(fs.promises, 'rm').callsFake(async (path, options) => {
      found.unsynced ??= disk.unsyncedNames;
      found.unsyncedFiles ??= disk.unsyncedFiles; // here, since afterwards files go away at any moment
      await rm(path, options);
    });
    return found;
  }

  /** Batches of ten, each in a segment of its own, confirmed. */
  async function twenty() {
    const opened = await open();
    for (let first = 0; first < 200; first += 10) append(opened.spool, first, 10);
    await opened.spool.synced();
    return opened;
  }

  it('a settlement log whose sync has failed is written anew before a segment is deleted', async () => {
    const { spool, troubles } = await twenty();
    const log = fs.statSync(join(directory, 'settlements.log')).ino;
    refuse(isLog);
    spool.settle(0, 99);
    await until(() => troubles.length > 0);
    expect(segments()).to.have.lengthOf(20);
    spool.settle(100, 189);
    await until(() => segments().length === 1);
    expect(fs.statSync(join(directory, 'settlements.log')).ino).to.not.equal(log);
    expect(await afterPowerCut()).to.deep.equal({ read: range(190, 199), lost: [] });
    await spool.close();
  });

  it('tries again to make settlements durable though nothing more settles', async () => {
    const { spool, troubles } = await twenty();
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    refuse(isLog);
    spool.settle(0, 189);
    while (troubles.length === 0) await new Promise(setImmediate);
    await clock.tickAsync(1000);
    while (segments().length > 1) await new Promise(setImmediate);
    clock.restore();
    await spool.close();
  });

  it('files that cannot be deleted yet take their part of the bound', async () => {
    const { spool, troubles } = await twenty();
    const { bytes } = spool;
    disk.refuse = ({ path }) => path?.startsWith(join('spool', 'settlements.log')) === true;
    spool.settle(0, 189);
    await until(() => troubles.length > 0);
    expect(spool.bytes).to.equal(bytes);
    disk.refuse = () => false;
    await spool.close();
    expect(spool.bytes).to.be.lessThan(bytes / 2);
  });

  it('of two calls at once that make settlements durable, the second does not believe the file that failed the first', async () => {
    const names = new DirectoryNames(root);
    const everything = () => [{ kind: 1, first: 0, last: 9 }];
    const book = new SettlementBook({ directory: root, names, maxBytes: 1e6, everything, onTrouble: () => {} });
    book.begin();
    book.settled(0, 9);
    refuse(({ path }) => path === 'settlements.log');
    const both = await Promise.allSettled([book.secure(), book.secure()]);
    expect(both.map(({ status }) => status)).to.deep.equal(['rejected', 'fulfilled']);
    expect(disk.unsyncedFiles).to.deep.equal([]);
    await book.close();
  });

  it('a log that has grown has its name before a segment is deleted', async () => {
    const { spool } = await open({ maxBytes: 1e6, segmentBytes: 20_000 });
    for (let first = 0; first < 6000; first += 100) append(spool, first, 100);
    await spool.synced();
    const log = fs.statSync(join(directory, 'settlements.log')).ino;
    for (let sequence = 0; sequence < 6000; sequence += 2) spool.settle(sequence);
    await new Promise(setImmediate);
    expect(fs.statSync(join(directory, 'settlements.log')).ino).to.not.equal(log);
    expect(disk.unsyncedNames).to.deep.equal([join('spool', 'settlements.log')]);
    const deletion = atFirstDeletion();
    spool.settle(0, 3000);
    await until(() => deletion.unsynced !== undefined);
    expect(deletion.unsynced).to.deep.equal([]);
    await spool.close();
  });

  it('a segment whose sync has failed is in a new file before anything counts as confirmed', async () => {
    const { spool } = await open({ segmentBytes: 1e6 });
    append(spool, 0, 10);
    await spool.synced();
    append(spool, 10, 10);
    refuse(isSegment);
    expect(await failureOf(spool.synced())).to.be.instanceOf(SpoolWriteError);
    append(spool, 20, 10);
    await spool.synced();
    await new Promise(setImmediate);
    expect(await afterPowerCut()).to.deep.equal({ read: range(0, 29), lost: [] });
    await spool.close();
  });

  it('syncs again what a failed sync has left, though nothing more is appended', async () => {
    const { spool } = await open({ segmentBytes: 1e6 });
    append(spool, 0, 10);
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    refuse(isSegment);
    await failureOf(spool.synced());
    await clock.tickAsync(1000);
    await spool.synced();
    clock.restore();
    expect((await afterPowerCut()).read).to.deep.equal(range(0, 9));
    await spool.close();
  });

  it('the name of a segment that was written anew is synced, also at the end', async () => {
    const { spool } = await open({ segmentBytes: 1e6 });
    append(spool, 0, 10);
    await spool.synced();
    append(spool, 10, 10);
    refuse(isSegment);
    await failureOf(spool.synced());
    await spool.close();
    expect(disk.unsyncedNames).to.deep.equal([]);
    expect(disk.unsyncedFiles).to.deep.equal([]);
  });

  it('a close of which one sync fails has everything on disk all the same', async () => {
    const { spool } = await open({ segmentBytes: 1e6 });
    append(spool, 0, 10);
    spool.settle(0, 4);
    refuse(isSegment);
    await spool.close();
    expect(disk.unsyncedFiles).to.deep.equal([]);
    expect((await afterPowerCut()).read).to.deep.equal(range(5, 9));
  });

  it('a close of which one sync of the log fails has what has settled on disk all the same', async () => {
    const { spool } = await twenty();
    spool.settle(5);
    refuse(isLog);
    await spool.close();
    expect((await afterPowerCut()).read).to.deep.equal(range(0, 199).filter((sequence) => sequence !== 5));
  });

  it('a new log is on disk before it takes the place of the old one', async () => {
    const unsynced: string[][] = [];
    const rename = fs.renameSync;
    sinon.stub(fs, 'renameSync').callsFake((from, to) => {
      unsynced.push(disk.unsyncedFiles);
      rename(from, to);
    });
    const { spool } = await open();
    expect(unsynced).to.deep.equal([[]]);
    await spool.close();
  });

  it('the seal of a segment that a crash has left open is on disk when the spool is open', async () => {
    const { spool } = await open();
    append(spool, 0, 10);
    await spool.synced();
    await new Promise(setImmediate);
    const left = newDirectory();
    fs.cpSync(root, left, { recursive: true });
    await spool.close();
    disk.restore();
    disk = new Disk(left).install();
    const { spool: again } = await openSpool(join(left, 'spool'));
    expect(disk.unsyncedFiles).to.deep.equal([]);
    await again.close();
    fs.rmSync(left, { recursive: true });
  });

  it('only the segment of which a sync has failed is written anew, and the others are still synced', async () => {
    const { spool } = await open();
    for (let first = 0; first < 60; first += 10) append(spool, first, 10);
    refuse(isSegment);
    await failureOf(spool.synced());
    append(spool, 60, 10);
    await spool.synced();
    expect(disk.unsyncedFiles.filter((name) => name.endsWith('.segment'))).to.deep.equal([]);
    expect(disk.calls.filter(({ path }) => path?.endsWith('.segment.new'))).to.have.lengthOf(1);
    await spool.close();
  });

  it('reads a segment that was written anew from its new file', async () => {
    const { spool, losses } = await open({ segmentBytes: 1e7 });
    const text = (sequence: number) => `${sequence} ${'x'.repeat(2000)}`;
    for (const first of range(0, 29).map((batch) => 10 * batch)) {
      const { memory, offsets } = pack(first, 10, text);
      spool.append(memory, offsets, first);
    }
    expect(spool.read(0, { maxBytes: 4000 })?.first).to.equal(0);
    const old = fs.openSync(join(directory, segments()[0] as string), 'r+');
    refuse(isSegment);
    await failureOf(spool.synced());
    append(spool, 300, 1);
    await spool.synced();
    fs.writeSync(old, Buffer.alloc(700_000), 0, 700_000, 0); // what the system had in memory of the old file is gone
    fs.closeSync(old);
    expect(readAll(spool)).to.have.lengthOf(301);
    expect(losses).to.deep.equal([]);
    await spool.close();
  });

  it('writes down what is confirmed before anyone hears of it', async () => {
    const { spool } = await open({ segmentBytes: 1e6 });
    append(spool, 0, 10);
    await spool.synced();
    const killed = newDirectory();
    fs.cpSync(directory, killed, { recursive: true });
    await spool.close();
    const file = join(killed, segments()[0] as string);
    const bytes = fs.readFileSync(file);
    fs.writeFileSync(file, bytes.fill(0xff, bytes.length - 40));
    const again = await openSpool(killed);
    expect(sequencesOf(readAll(again.spool))).to.deep.equal(range(0, 8));
    expect(again.losses.map(({ kind, first, last }) => [kind, first, last])).to.deep.equal([['lost', 9, 9]]);
    await again.spool.close();
    fs.rmSync(killed, { recursive: true });
  });

  it('confirms nothing while it cannot be known whether the file is there whose sync has failed', async () => {
    const { spool, troubles } = await open({ segmentBytes: 1e6 });
    append(spool, 0, 10);
    refuse(isSegment);
    await failureOf(spool.synced());
    append(spool, 10, 10);
    const fails = (path: unknown) => String(path).endsWith('0000000000000000.segment');
    const real = fs.openSync;
    sinon.stub(fs, 'openSync').callsFake((path, flags, mode) => {
      if (fails(path)) throw Object.assign(new Error('EIO: open'), { code: 'EIO' });
      return real(path, flags, mode);
    });
    const exists = fs.existsSync;
    sinon.stub(fs, 'existsSync').callsFake((path) => !fails(path) && exists(path));
    expect(await failureOf(spool.synced())).to.be.instanceOf(SpoolWriteError);
    sinon.restore();
    append(spool, 20, 10);
    await spool.synced();
    expect(await afterPowerCut()).to.deep.equal({ read: range(0, 29), lost: [] });
    expect(troubles).to.deep.equal([]);
    await spool.close();
  });

  it('confirms nothing behind a failed segment whose messages have settled before that is on disk', async () => {
    const { spool } = await open({ segmentBytes: 1e6 });
    append(spool, 0, 10);
    refuse(isSegment);
    await failureOf(spool.synced());
    disk.refuse = ({ path }) => path?.startsWith(join('spool', 'settlements.log')) === true;
    spool.settle(0, 9);
    append(spool, 10, 10);
    expect(await failureOf(spool.synced())).to.be.instanceOf(SpoolWriteError);
    disk.refuse = () => false;
    append(spool, 20, 1);
    await spool.synced();
    await spool.close();
  });

  it('opens where what a crash has left cannot be synced, and confirms nothing until it can', async () => {
    const { spool } = await open();
    append(spool, 0, 10);
    const left = newDirectory();
    fs.cpSync(root, left, { recursive: true });
    await spool.close();
    disk.restore();
    disk = new Disk(left).install();
    disk.refuse = ({ path }) => path?.endsWith('.segment.new') === true;
    const { spool: again, troubles } = await openSpool(join(left, 'spool'));
    expect(troubles[0]?.message).to.contain('cannot sync: the device failed (EIO)');
    expect(await failureOf(again.synced())).to.be.instanceOf(SpoolWriteError);
    disk.refuse = () => false;
    append(again, 10, 10);
    await again.synced();
    expect(sequencesOf(readAll(again))).to.deep.equal(range(0, 19));
    await again.close();
    fs.rmSync(left, { recursive: true });
  });

  describe('names', () => {
    it('of the directories that it makes, and of the one that they are in', async () => {
      disk.restore();
      disk = new Disk(root).install();
      fs.mkdirSync(join(root, 'made by another')); // who ended before its sync
      const { spool } = await openSpool(join(root, 'made by another', 'of', 'its', 'own'));
      expect(disk.unsyncedNames).to.deep.equal([]);
      await spool.close();
    });

    it('of the directories that its lock makes', () => {
      lockSpool(join(root, 'of', 'its', 'own')).release();
      expect(disk.unsyncedNames).to.deep.equal([]);
    });

    for (const failing of ['.', 'of', join('of', 'its')])
      it(`of directories that it has made, when the sync of ${failing} failed the first time`, async () => {
        const path = join(root, 'of', 'its', 'own');
        const clock = { now: () => 0, sleep: async () => {} };
        const refused = ({ what, path: synced }: SyncCall) => what === 'directory' && synced === failing;
        disk.refuse = refused;
        expect(await failureOf(openSpool(path, { clock }))).to.be.instanceOf(SpoolWriteError);
        refuse(refused);
        const { spool } = await openSpool(path, { clock });
        expect(disk.unsyncedNames).to.deep.equal([]);
        await spool.close();
      });

    it('of the log that it writes when it opens', async () => {
      const { spool } = await open();
      expect(disk.unsyncedNames).to.deep.equal([]);
      await spool.close();
      refuse(({ path, what }) => what === 'directory' && path === 'spool');
      expect(await failureOf(open())).to.be.instanceOf(SpoolWriteError);
      const { spool: again } = await open();
      expect(disk.unsyncedNames).to.deep.equal([]);
      await again.close();
    });

    it('of a new segment, also when the first sync of it has failed', async () => {
      const { spool } = await open();
      append(spool, 0, 10);
      refuse(({ what }) => what === 'directory');
      expect(await failureOf(spool.synced())).to.be.instanceOf(SpoolWriteError);
      append(spool, 10, 1);
      await spool.synced();
      expect(disk.unsyncedNames).to.deep.equal([]);
      await spool.close();
    });

    it('syncs the directory once for each segment, and not for each message', async () => {
      const { spool } = await open({ segmentBytes: 1e6 });
      const before = disk.calls.filter(({ what }) => what === 'directory').length;
      for (let first = 0; first < 100; first += 10) {
        append(spool, first, 10);
        await spool.synced();
      }
      expect(disk.calls.filter(({ what }) => what === 'directory')).to.have.lengthOf(before + 1);
      await spool.close();
    });

    it('of segments that were deleted', async () => {
      const { spool } = await twenty();
      spool.settle(0, 189);
      await until(() => segments().length === 1);
      await until(() => disk.unsyncedNames.length === 0);
      await spool.close();
      expect(disk.unsyncedNames).to.deep.equal([]);
    });

    it('of a segment that was begun and never used', async () => {
      const { spool } = await twenty();
      const write = fs.writevSync;
      sinon.stub(fs, 'writevSync').callsFake((fd, parts, position) => {
        if ((position as number) > 0) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
        return write(fd, parts, position);
      });
      expect(() => append(spool, 200, 30)).to.throw(SpoolWriteError);
      sinon.restore();
      expect(segments()).to.include('0000000000000200.segment');
      spool.settle(0, 99);
      await until(() => segments().length === 11);
      await until(() => disk.unsyncedNames.length === 0);
      await spool.close();
      expect(segments()).to.not.include('0000000000000200.segment');
      expect(disk.unsyncedNames).to.deep.equal([]);
    });

    for (const links of ['links', 'no links'])
      it(`of a damaged file that is kept, before it is deleted under its own name, with ${links}`, async () => {
        if (links === 'no links') sinon.stub(fs, 'linkSync').throws(Object.assign(new Error('no'), { code: 'EPERM' }));
        const { spool, losses } = await twenty();
        const path = join(directory, segments()[0] as string);
        const fd = fs.openSync(path, 'r+');
        fs.writeSync(fd, Buffer.alloc(60), 0, 60, 700);
        fs.fdatasyncSync(fd);
        fs.closeSync(fd);
        readAll(spool);
        expect(losses).to.not.deep.equal([]);
        const deletion = atFirstDeletion();
        spool.settle(0, 9);
        await until(() => deletion.unsynced !== undefined);
        expect(deletion.unsynced).to.deep.equal([]);
        expect(deletion.unsyncedFiles).to.deep.equal([]);
        expect(fs.readdirSync(directory).join()).to.contain('.damaged-');
        await spool.close();
      });
  });

  describe('on a full disk', () => {
    /** Nothing can be written any more. */
    const fill = () => sinon.stub(fs, 'writevSync').throws(Object.assign(new Error('no space'), { code: 'ENOSPC' }));

    it('settled segments make room for the log, and are not lost by a power cut at any moment', async () => {
      const { spool } = await twenty();
      await new Promise(setImmediate);
      const full = fill();
      const cuts: Awaited<ReturnType<typeof afterPowerCut>>[] = [];
      const truncate = fs.ftruncateSync;
      const emptied = sinon.stub(fs, 'ftruncateSync').callsFake((path, length) => {
        expect(disk.unsyncedNames).to.deep.equal([]);
        truncate(path, length);
      });
      spool.settle(0, 189);
      await until(() => emptied.callCount === 19);
      expect(segments()).to.have.lengthOf(1);
      expect(fs.readdirSync(directory).filter((name) => name.endsWith('.settled'))).to.have.lengthOf(19);
      full.restore();
      cuts.push(await afterPowerCut());
      spool.settle(190, 191);
      await spool.close();
      expect(fs.readdirSync(directory).filter((name) => name.endsWith('.settled'))).to.deep.equal([]);
      cuts.push(await afterPowerCut());
      expect(cuts.map(({ lost }) => lost)).to.deep.equal([[], []]);
      expect(cuts.map(({ read }) => read)).to.deep.equal([range(190, 199), range(192, 199)]);
      expect(disk.unsyncedNames).to.deep.equal([]);
    });

    it('a file that says by its name what has settled is deleted at the next opening', async () => {
      const { spool } = await twenty();
      spool.settle(0, 189);
      await spool.close();
      fs.writeFileSync(join(directory, '0000000000000190-0000000000000199.settled'), '');
      fs.rmSync(join(directory, segments()[0] as string));
      const { spool: again, losses } = await open();
      expect(losses).to.deep.equal([]);
      expect(again.next).to.equal(200);
      await again.close();
      expect(fs.readdirSync(directory)).to.deep.equal(['settlements.log']);
    });
  });
});
