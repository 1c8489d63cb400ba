import fs from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect } from 'chai';
import sinon from 'sinon';
import { SpoolError, SpoolWriteError } from '../../../src/shared/errors.ts';
import { isToRead } from '../../support/failing-reads.ts';
import { mountSmallDisk } from '../../support/small-disk.ts';
import { append, newDirectory, openSpool, range, readAll, sequencesOf } from '../../support/spool-rig.ts';
import { until } from '../../support/until.ts';

const noSpace = () => Object.assign(new Error('no space'), { code: 'ENOSPC' });

describe('a spool that the system refuses', () => {
  let directory: string;

  beforeEach(() => {
    directory = newDirectory();
  });

  afterEach(() => {
    sinon.restore();
    fs.rmSync(directory, { recursive: true, force: true });
  });

  /** The disk takes `room` bytes more of segments, the last of them of a batch that does not fit. */
  function fillDisk(room: number): { restore(): void } {
    const write = fs.writevSync;
    let left = room;
    return sinon.stub(fs, 'writevSync').callsFake((fd, parts, position) => {
      const wanted = parts.reduce((sum, part) => sum + part.byteLength, 0);
      if (left === 0) throw noSpace();
      const taken = Math.min(left, wanted);
      left -= taken;
      return write(fd, [Buffer.concat(parts.map(bytesOf)).subarray(0, taken)], position as number);
    });
  }

  const bytesOf = ({ buffer, byteOffset, byteLength }: NodeJS.ArrayBufferView): Uint8Array =>
    new Uint8Array(buffer, byteOffset, byteLength);

  it('takes nothing of a batch that the disk has no room for, and goes on when it has', async () => {
    const { spool, troubles } = await openSpool(directory);
    append(spool, 0, 20);
    const disk = fillDisk(1000);
    expect(() => append(spool, 20, 20))
      .to.throw(SpoolWriteError, 'the disk is full (ENOSPC)')
      .with.property('systemCode', 'ENOSPC');
    expect(() => append(spool, 20, 1)).to.throw(SpoolWriteError);
    expect(spool.next).to.equal(20);
    expect(spool.pending).to.equal(20);
    expect(sequencesOf(readAll(spool))).to.deep.equal(range(0, 19));
    spool.settle(0, 9);
    await new Promise(setImmediate);
    expect(troubles.map(({ message }) => message)[0])
      .to.contain('settlements.log')
      .and.contain('ENOSPC');
    disk.restore();
    append(spool, 20, 20);
    await spool.synced();
    await spool.close();
    const again = await openSpool(directory);
    expect(again.losses).to.deep.equal([]);
    expect(sequencesOf(readAll(again.spool))).to.deep.equal(range(10, 39));
    await again.spool.close();
  });

  it('writes to another file when one could not be cut back, and reads both, also after a crash', async () => {
    const { spool } = await openSpool(directory);
    append(spool, 0, 20);
    const disk = fillDisk(1000);
    const cut = sinon.stub(fs, 'ftruncateSync').throws(Object.assign(new Error('io'), { code: 'EIO' }));
    expect(() => append(spool, 20, 20)).to.throw(SpoolWriteError);
    disk.restore();
    cut.restore();
    append(spool, 20, 5);
    expect(sequencesOf(readAll(spool))).to.deep.equal(range(0, 24));
    await spool.synced();
    const crashed = `${directory}-crashed`;
    fs.cpSync(directory, crashed, { recursive: true });
    await spool.close();
    for (const path of [crashed, directory]) {
      const again = await openSpool(path);
      expect(sequencesOf(readAll(again.spool))).to.deep.equal(range(0, 24));
      expect(again.losses).to.deep.equal([]);
      await again.spool.close();
    }
    fs.rmSync(crashed, { recursive: true });
  });

  it('says what a file held that somebody deletes while it is in use', async () => {
    const { spool, losses } = await openSpool(directory, { segmentBytes: 2048 });
    for (let first = 0; first < 100; first += 10) append(spool, first, 10);
    const [, name = '', next = ''] = fs.readdirSync(directory).filter((file) => file.endsWith('.segment'));
    fs.rmSync(join(directory, name));
    const gone = range(Number(name.slice(0, 16)), Number(next.slice(0, 16)) - 1);
    expect(sequencesOf(readAll(spool))).to.deep.equal(range(0, 99).filter((sequence) => !gone.includes(sequence)));
    expect(losses).to.have.lengthOf(1);
    expect(losses[0]).to.include({ kind: 'lost', first: gone[0], last: gone.at(-1), count: gone.length });
    await spool.close();
  });

  it('tells who waits that the file was deleted that is being written, and begins a new one', async () => {
    const { spool } = await openSpool(directory);
    append(spool, 0, 10);
    await spool.synced();
    fs.rmSync(join(directory, fs.readdirSync(directory).find((file) => file.endsWith('.segment')) ?? ''));
    append(spool, 10, 10);
    const failure = await spool.synced().catch((error: Error) => error);
    expect(failure).to.be.instanceOf(SpoolWriteError).with.property('message').that.contains('it was deleted');
    append(spool, 20, 10);
    await spool.synced();
    expect(sequencesOf(readAll(spool))).to.deep.equal(range(20, 29));
    await spool.close();
  });

  it('opens on a full disk, so that it can be emptied, and writes its log when there is room', async () => {
    const { spool } = await openSpool(directory);
    append(spool, 0, 20);
    await spool.close();
    const disk = fillDisk(0);
    const again = await openSpool(directory);
    expect(again.troubles.map(({ message }) => message)[0])
      .to.contain('settlements.log')
      .and.contain('ENOSPC');
    expect(sequencesOf(readAll(again.spool))).to.deep.equal(range(0, 19));
    again.spool.settle(0, 9);
    disk.restore();
    await again.spool.close();
    const { spool: third } = await openSpool(directory);
    expect(sequencesOf(readAll(third))).to.deep.equal(range(10, 19));
    await third.close();
  });

  it('makes its segment when there is room, also where the one without a header could not be removed', async () => {
    const { spool } = await openSpool(directory);
    const disk = fillDisk(10);
    const removal = sinon.stub(fs, 'rmSync').throws(Object.assign(new Error('io'), { code: 'EIO' }));
    expect(() => append(spool, 0, 1)).to.throw(SpoolWriteError, 'the disk is full');
    removal.restore();
    disk.restore();
    append(spool, 0, 1);
    await spool.close();
    const again = await openSpool(directory);
    expect(sequencesOf(readAll(again.spool))).to.deep.equal([0]);
    expect(again.losses).to.deep.equal([]);
    await again.spool.close();
  });

  it('makes no segment that has no room for its header', async () => {
    const { spool } = await openSpool(directory);
    const disk = fillDisk(10);
    expect(() => append(spool, 0, 1)).to.throw(SpoolWriteError, '.segment: cannot write');
    expect(fs.readdirSync(directory)).to.deep.equal(['settlements.log']);
    disk.restore();
    append(spool, 0, 1);
    expect(sequencesOf(readAll(spool))).to.deep.equal([0]);
    await spool.close();
  });

  it('tells who waits that a sync has failed, and begins a new file', async () => {
    const { spool } = await openSpool(directory);
    append(spool, 0, 5);
    const sync = sinon
      .stub(fs, 'fdatasync')
      .callsFake((_fd, done) => done(Object.assign(new Error('io'), { code: 'EIO' })));
    const failure = await spool.synced().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure)
      .to.be.instanceOf(SpoolWriteError)
      .with.property('message')
      .that.contains('cannot sync: the device failed (EIO)');
    sync.restore();
    append(spool, 5, 5);
    await spool.synced();
    expect(fs.readdirSync(directory).filter((name) => name.endsWith('.segment'))).to.have.lengthOf(2);
    expect(sequencesOf(readAll(spool))).to.deep.equal(range(0, 9));
    await spool.close();
  });

  it('opens nothing that it may not write, and leaves all as it was', async () => {
    const { spool } = await openSpool(directory);
    append(spool, 0, 5);
    await spool.close();
    const before = fs.readdirSync(directory);
    const open = fs.openSync;
    const refused = Object.assign(new Error('ro'), { code: 'EROFS' });
    sinon.stub(fs, 'openSync').callsFake((path, flags, mode) => {
      if (!isToRead(flags)) throw refused;
      return open(path, flags, mode);
    });
    const failure = await openSpool(directory).catch((error: unknown) => error);
    expect(failure)
      .to.be.instanceOf(SpoolWriteError)
      .with.property('message')
      .that.contains('the file system is read-only (EROFS)');
    expect(fs.readdirSync(directory)).to.deep.equal(before);
  });

  it('names what is in its way where the directory should be', async () => {
    const file = join(directory, 'file');
    fs.writeFileSync(file, '');
    const failure = await openSpool(join(file, 'spool')).catch((error: unknown) => error);
    expect(failure)
      .to.be.instanceOf(SpoolWriteError)
      .with.property('message')
      .that.contains('is not a directory (ENOTDIR)');
  });

  for (const [kind, name] of [
    ['segment', '0000000000000000.segment'],
    ['log', 'settlements.log'],
  ] as const)
    for (const version of [0, 2, 77])
      it(`refuses a ${kind} of format ${version}, and touches nothing`, async () => {
        const { spool } = await openSpool(directory);
        append(spool, 0, 5);
        await spool.close();
        writeVersion(join(directory, name), version);
        const before = contents();
        const failure = await openSpool(directory).catch((error: unknown) => error);
        expect(failure).to.be.instanceOf(SpoolError);
        const { message } = failure as Error;
        expect(message).to.contain(name).and.contain(`format ${version},`).and.contain('reads format 1');
        expect(message).to.contain(version < 1 ? 'an older' : 'a newer');
        expect(contents()).to.deep.equal(before);
      });

  const contents = () =>
    fs.readdirSync(directory).map((name) => [name, fs.readFileSync(join(directory, name)).toString('hex')]);

  it('serves again when a disk that was full has room again', async () => {
    const mounted = mountSmallDisk(directory, 512);
    const simulated = mounted === undefined ? fillDisk(500_000) : undefined;
    try {
      const { spool } = await openSpool(directory, { segmentBytes: 64 * 1024 });
      let next = 0;
      const fill = () => {
        for (; ; next += 10) append(spool, next, 10);
      };
      expect(fill).to.throw(SpoolWriteError, 'the disk is full (ENOSPC)');
      await spool.synced();
      expect(sequencesOf(readAll(spool))).to.deep.equal(range(0, next - 1));
      const full = next;
      const [oldest = ''] = fs.readdirSync(directory);
      spool.settle(0, full / 2);
      await until(() => !fs.existsSync(join(directory, oldest)));
      simulated?.restore();
      for (; next < full + 300; next += 10) append(spool, next, 10);
      await spool.synced();
      await spool.close();
      const again = await openSpool(directory);
      expect(again.losses).to.deep.equal([]);
      expect(sequencesOf(readAll(again.spool))).to.deep.equal(range(full / 2 + 1, next - 1));
      await again.spool.close();
    } finally {
      mounted?.remove();
    }
  });

  function writeVersion(path: string, version: number): void {
    const bytes = fs.readFileSync(path);
    bytes.writeUInt32LE(version, 8);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60);
    fs.writeFileSync(path, bytes);
  }
});
