import fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { SpoolError, SpoolFullError } from '../../../src/shared/errors.ts';
import { append, newDirectory, openSpool, pack, range, readAll, sequencesOf } from '../../support/spool-rig.ts';
import { until } from '../../support/until.ts';

describe('the spool', () => {
  let directory: string;

  beforeEach(() => {
    directory = newDirectory();
  });

  afterEach(() => {
    sinon.restore();
    fs.rmSync(directory, { recursive: true, force: true });
  });

  const files = () => fs.readdirSync(directory).filter((name) => name.endsWith('.segment'));

  it('gives back what was appended, in order, byte for byte and aligned', async () => {
    const { spool } = await openSpool(directory);
    append(spool, 0, 100);
    append(spool, 100, 1);
    append(spool, 101, 50);
    expect(sequencesOf(readAll(spool))).to.deep.equal(range(0, 150));
    const chunk = spool.read(3, { maxBytes: 64 * 1024 });
    const { memory, offsets } = pack(3, 97);
    expect(chunk?.first).to.equal(3);
    expect(Buffer.from(chunk?.memory.subarray(0, memory.length) ?? []).equals(Buffer.from(memory))).to.equal(true);
    expect([...(chunk?.offsets.subarray(0, 97) ?? [])]).to.deep.equal([...offsets]);
    expect(chunk?.memory.byteOffset).to.equal(0);
    expect(chunk?.memory.buffer).to.be.instanceOf(SharedArrayBuffer);
    await spool.close();
  });

  it('names each record for as long as it has not settled, from one opening to the next', async () => {
    const { spool } = await openSpool(directory, { segmentBytes: 64 * 1024, maxBytes: 1024 * 1024 });
    for (let first = 0; first < 3000; first += 100) append(spool, first, 100);
    const names = range(0, 2999).map((sequence) => spool.idOf(sequence));
    expect(files().length).to.be.greaterThan(1);
    expect(new Set(names).size).to.equal(3000);
    expect(spool.idOf(3000)).to.equal(undefined);
    spool.settle(0, 9);
    await spool.close();
    const { spool: again } = await openSpool(directory);
    append(again, 3000, 1);
    expect(range(10, 2999).map((sequence) => again.idOf(sequence))).to.deep.equal(names.slice(10));
    expect(names).not.to.include(again.idOf(3000));
    await again.close();
  });

  it('reports its size when it grows, when files of settled messages are deleted, and at the opening', async () => {
    const sizes: number[] = [];
    const options = { segmentBytes: 64 * 1024, maxBytes: 1024 * 1024, onResized: (bytes: number) => sizes.push(bytes) };
    const { spool } = await openSpool(directory, options);
    for (let first = 0; first < 3000; first += 100) {
      append(spool, first, 100);
      expect(sizes.at(-1)).to.equal(spool.bytes);
    }
    const full = spool.bytes;
    expect(full).to.equal(files().reduce((sum, name) => sum + fs.statSync(join(directory, name)).size, 0));
    spool.settle(0, 2900);
    await until(() => files().length === 1);
    await until(() => sizes.at(-1) === fs.statSync(join(directory, files()[0] as string)).size);
    expect(sizes.at(-1)).to.be.below(full);
    await spool.close();
    const { spool: again } = await openSpool(directory, options);
    expect(sizes.at(-1)).to.equal(again.bytes).and.to.be.above(0);
    await again.close();
  });

  it('never gives a number that a power cut has taken back under the same name', async () => {
    const { spool } = await openSpool(directory);
    append(spool, 0, 10);
    append(spool, 10, 10);
    const name = spool.idOf(19);
    await spool.close();
    const [file = ''] = files();
    const { size } = fs.statSync(join(directory, file));
    fs.truncateSync(join(directory, file), size - 64); // the seal and the end of the second batch
    fs.rmSync(join(directory, 'settlements.log'));
    const { spool: again } = await openSpool(directory);
    expect(again.next).to.be.within(10, 19);
    append(again, again.next, 20 - again.next);
    expect(again.idOf(19)).to.match(/-19$/).and.not.equal(name);
    await again.close();
  });

  it('holds to both limits of a chunk, and reads one record at least', async () => {
    const { spool } = await openSpool(directory);
    append(spool, 0, 20);
    expect(spool.read(0, { maxBytes: 64 * 1024, maxRecords: 7 })?.offsets).to.have.lengthOf(7);
    expect(spool.read(0, { maxBytes: 1 })?.offsets).to.have.lengthOf(1);
    const chunk = spool.read(0, { maxBytes: 1000 });
    expect(chunk?.memory.length).to.be.within(800, 1000);
    await spool.close();
  });

  it('reads into memory that is given, where it fits, and leaves what was asked for free', async () => {
    const { spool } = await openSpool(directory);
    append(spool, 0, 20);
    const fresh = spool.read(0, { maxBytes: 512, spareBytes: 64 });
    const size = fresh?.memory.buffer.byteLength as number;
    expect(size - (fresh?.memory.byteLength as number)).to.be.at.least(64);
    const into = new SharedArrayBuffer(size);
    const again = spool.read(0, { maxBytes: 512, spareBytes: 64, into });
    expect(again?.memory.buffer).to.equal(into);
    expect(Buffer.from(again?.memory as Uint8Array).equals(Buffer.from(fresh?.memory as Uint8Array))).to.equal(true);
    const small = new SharedArrayBuffer(72);
    expect(spool.read(0, { maxBytes: 512, spareBytes: 64, into: small })?.memory).to.deep.equal(fresh?.memory);
    expect(new Uint8Array(small).every((byte) => byte === 0)).to.equal(true);
    await spool.close();
  });

  it('keeps what has not settled over a restart, and the numbers go on', async () => {
    const first = await openSpool(directory);
    append(first.spool, 0, 100);
    first.spool.settle(0, 41);
    first.spool.settle(50);
    first.spool.settle(50);
    expect(first.spool.pending).to.equal(57);
    await first.spool.close();
    const second = await openSpool(directory);
    expect(second.losses).to.deep.equal([]);
    expect(second.spool.next).to.equal(100);
    expect(second.spool.pending).to.equal(57);
    expect([...second.spool.pendingRuns()]).to.deep.equal([
      [42, 49],
      [51, 99],
    ]);
    append(second.spool, 100, 10);
    expect(sequencesOf(readAll(second.spool))).to.deep.equal([...range(42, 49), ...range(51, 109)]);
    await second.spool.close();
  });

  it('reads while it is written, from wherever it is asked to', async () => {
    const { spool } = await openSpool(directory, { segmentBytes: 4096 });
    for (let first = 0; first < 300; first += 10) {
      append(spool, first, 10);
      expect(sequencesOf(readAll(spool, 4096, Math.max(0, first - 15)))).to.deep.equal(
        range(Math.max(0, first - 15), first + 9),
      );
    }
    expect(sequencesOf(readAll(spool))).to.deep.equal(range(0, 299));
    expect(sequencesOf(readAll(spool, 500, 123))).to.deep.equal(range(123, 299));
    expect(sequencesOf(readAll(spool))).to.deep.equal(range(0, 299));
    await spool.close();
  });

  it('deletes a segment when all of it has settled, also between others', async () => {
    const { spool } = await openSpool(directory, { segmentBytes: 2048 });
    for (let first = 0; first < 100; first += 10) append(spool, first, 10);
    const before = files();
    expect(before.length).to.be.greaterThan(4);
    const [, second = '', third = ''] = before;
    spool.settle(Number(second.slice(0, 16)), Number(third.slice(0, 16)) - 1);
    await until(() => files().length < before.length);
    expect(files()).to.deep.equal(before.filter((name) => name !== second));
    const bytes = files().reduce((sum, name) => sum + fs.statSync(join(directory, name)).size, 0);
    expect(spool.bytes).to.equal(bytes);
    await spool.close();
    const again = await openSpool(directory);
    expect(again.losses).to.deep.equal([]);
    expect(again.spool.pending).to.equal(spool.pending);
    again.spool.settle(0, 99);
    expect(again.spool.pending).to.equal(0);
    expect(again.spool.bytes).to.equal(0);
    await again.spool.close();
    expect(files()).to.deep.equal([]);
    expect((await openSpool(directory)).spool.next).to.equal(100);
  });

  it('leaves out numbers that never come, also where a segment ends, and forgets neither', async () => {
    const { spool } = await openSpool(directory, { segmentBytes: 1024 });
    const used: number[] = [];
    for (let first = 0; first < 200; first += 13) {
      append(spool, first, 5);
      used.push(...range(first, first + 4));
    }
    expect(spool.pending).to.equal(used.length);
    await spool.close();
    for (const file of ['', 'settlements.log']) {
      if (file !== '') fs.rmSync(join(directory, file));
      const { spool: again, losses } = await openSpool(directory);
      expect(sequencesOf(readAll(again))).to.deep.equal(used);
      expect(again.pending).to.equal(used.length);
      expect(losses.filter(({ kind }) => kind === 'lost')).to.deep.equal([]);
      await again.close();
    }
  });

  it('refuses a batch beyond its bound, and takes it when enough has settled', async () => {
    const { spool } = await openSpool(directory, { maxBytes: 256 * 1024 });
    let next = 0;
    const fill = () => {
      for (;;) {
        append(spool, next, 50);
        next += 50;
      }
    };
    expect(fill).to.throw(SpoolFullError, /full/).with.property('retriable', true);
    expect(spool.bytes).to.be.within(200 * 1024, 256 * 1024);
    expect(sequencesOf(readAll(spool))).to.deep.equal(range(0, next - 1));
    spool.settle(0, next - 1);
    const filled = next;
    expect(fill).to.throw(SpoolFullError);
    expect(next).to.be.within(1.7 * filled, 2.1 * filled);
    expect(() => spool.append(new Uint8Array(300 * 1024), new Uint32Array([0]), next)).to.throw();
    const { memory, offsets } = pack(next, 1, () => 'x'.repeat(300 * 1024));
    expect(() => spool.append(memory, offsets, next)).to.throw(SpoolFullError, 'the spool is full');
    await spool.close();
  });

  it('has room again in the one segment that it writes when all of that has settled', async () => {
    const { spool } = await openSpool(directory, { maxBytes: 64 * 1024, segmentBytes: 1024 * 1024 });
    append(spool, 0, 400);
    expect(() => append(spool, 400, 300)).to.throw(SpoolFullError);
    spool.settle(0, 399);
    append(spool, 400, 300);
    await until(() => files().length < 2);
    expect(files()).to.deep.equal(['0000000000000400.segment']);
    await spool.close();
  });

  it('deletes nothing before it is on disk that it has settled', async () => {
    const { spool } = await openSpool(directory, { segmentBytes: 2048 });
    for (let first = 0; first < 60; first += 10) append(spool, first, 10);
    await spool.synced();
    const steps: string[] = [];
    const { fdatasync } = fs;
    const log = fs.statSync(join(directory, 'settlements.log')).ino;
    sinon.stub(fs, 'fdatasync').callsFake((fd, done) => {
      const name = fs.fstatSync(fd).ino === log ? 'log' : 'segment';
      fdatasync(fd, (error) => {
        steps.push(`${name} synced`);
        done(error);
      });
    });
    sinon.stub(fs.promises, 'rm').callsFake(async (path) => {
      steps.push('deleted');
      fs.rmSync(path);
    });
    spool.settle(0, 39);
    await until(() => steps.includes('deleted'));
    sinon.restore();
    expect(steps.slice(0, 2)).to.deep.equal(['log synced', 'deleted']);
    await spool.close();
  });

  it('takes a batch that is larger than a segment', async () => {
    const { spool } = await openSpool(directory, { segmentBytes: 4096 });
    append(spool, 0, 10);
    append(spool, 10, 500);
    append(spool, 510, 10);
    expect(files()).to.have.lengthOf(3);
    expect(sequencesOf(readAll(spool))).to.deep.equal(range(0, 519));
    await spool.close();
  });

  it('keeps numbers apart that are far from one another', async () => {
    const { spool } = await openSpool(directory);
    const firsts = [3, 1000, 2 ** 30, 2 ** 32 + 5, 2 ** 52];
    for (const first of firsts) append(spool, first, 3);
    const expected = firsts.flatMap((first) => range(first, first + 2));
    expect(sequencesOf(readAll(spool))).to.deep.equal(expected);
    await spool.close();
    for (const path of ['', 'settlements.log']) {
      if (path !== '') fs.rmSync(join(directory, path));
      const again = await openSpool(directory);
      expect(sequencesOf(readAll(again.spool))).to.deep.equal(expected);
      expect(again.spool.pending).to.equal(expected.length);
      await again.spool.close();
    }
  });

  it('keeps the settlement log small, however much settles in whatever order', async () => {
    const { spool } = await openSpool(directory, { maxBytes: 1e6 });
    append(spool, 0, 5000);
    const log = join(directory, 'settlements.log');
    let largest = 0;
    for (let round = 0; round < 10; round++) {
      for (let sequence = round; sequence < 5000; sequence += 10) spool.settle(sequence);
      await new Promise(setImmediate);
      largest = Math.max(largest, fs.statSync(log).size);
    }
    expect(largest).to.be.within(60_000, 200_000);
    append(spool, 5000, 1);
    for (let sequence = 5001; sequence < 15_000; sequence += 2) {
      append(spool, sequence, 1);
      spool.settle(sequence);
      if (sequence % 50 === 1) await new Promise(setImmediate);
    }
    expect(fs.statSync(log).size).to.be.lessThan(200_000);
    await spool.close();
    const again = await openSpool(directory);
    expect(sequencesOf(readAll(again.spool))).to.deep.equal([5000]);
    await again.spool.close();
  });

  it('makes files that only their owner can read', async () => {
    const path = join(directory, 'of', 'its', 'own');
    const { spool } = await openSpool(path);
    append(spool, 0, 1);
    expect(fs.statSync(path).mode & 0o777).to.equal(0o700);
    for (const name of fs.readdirSync(path)) expect(fs.statSync(join(path, name)).mode & 0o777).to.equal(0o600);
    await spool.close();
  });

  it('refuses numbers that do not fit, and everything once it is closed', async () => {
    const { spool } = await openSpool(directory);
    append(spool, 5, 5);
    expect(() => append(spool, 9, 1)).to.throw(RangeError);
    expect(() => spool.settle(10)).to.throw(RangeError);
    expect(() => spool.settle(8, 7)).to.throw(RangeError);
    const { memory, offsets } = pack(10, 3);
    expect(() => spool.append(memory, offsets.slice().reverse(), 10)).to.throw(SpoolError, 'a record at');
    await spool.close();
    await spool.close();
    expect(() => append(spool, 10, 1)).to.throw(SpoolError, 'closed');
  });
});
