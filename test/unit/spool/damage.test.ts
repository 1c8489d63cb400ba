import fs from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { BATCH_HEAD_BYTES, FILE_HEADER_BYTES, TABLE_ENTRY_BYTES } from '../../../src/spool/format.ts';
import type { Loss } from '../../../src/spool/recovery/loss.ts';
import { append, newDirectory, openSpool, pack, range, readAll, sequencesOf, textOf } from '../../support/spool-rig.ts';

/** 1 breaks every byte in its turn, as the soak does. */
const STEP = Number(process.env.OUTSPOOL_DAMAGE_STEP ?? 23);

/** Numbers of a small spool: what was appended, and what of it had settled before the damage. */
const APPENDED = 40;
const SETTLED = [...range(0, 3), 17, 18, ...range(30, 32)];
const PENDING = range(0, APPENDED - 1).filter((sequence) => !SETTLED.includes(sequence));

/** The header of a segment, and the head of its first batch. */
const FIRST_HEADS = FILE_HEADER_BYTES + BATCH_HEAD_BYTES;

const numbersOf = (losses: readonly Loss[]): number[] =>
  losses.flatMap(({ kind, first, last }) =>
    kind === 'lost' && first !== undefined ? range(first, last as number) : [],
  );

describe('a damaged spool', () => {
  let directory: string;
  let original: string;

  beforeEach(() => {
    directory = newDirectory();
    original = newDirectory();
  });

  afterEach(() => {
    for (const path of [directory, original]) fs.rmSync(path, { recursive: true, force: true });
  });

  /** Three segments, the last one smaller; closed as it should be unless `crash`. */
  async function make(crash = false): Promise<void> {
    const { spool } = await openSpool(original, { segmentBytes: 2400 });
    const batches = [5, 1, 9, 5, 1, 1, 8, 10];
    let next = 0;
    for (const count of batches) {
      append(spool, next, count);
      next += count;
    }
    expect(next).to.equal(APPENDED);
    for (const sequence of SETTLED) spool.settle(sequence);
    if (crash) await spool.synced();
    if (crash) await new Promise(setImmediate);
    if (crash) copyTo(`${original}-crashed`);
    await spool.close();
    if (crash) fs.rmSync(original, { recursive: true });
    if (crash) fs.renameSync(`${original}-crashed`, original);
    expect(names(original, '.segment')).to.have.lengthOf(3);
  }

  const names = (path: string, part: string) => fs.readdirSync(path).filter((name) => name.includes(part));
  const copyTo = (path: string) => fs.cpSync(original, path, { recursive: true });

  function restore(): void {
    fs.rmSync(directory, { recursive: true });
    copyTo(directory);
  }

  /** Reads all there is, twice: the second opening must find nothing new. */
  async function read(): Promise<{ read: number[]; losses: Loss[] }> {
    const first = await openSpool(directory);
    const read = sequencesOf(readAll(first.spool, 700));
    expect(first.spool.pending, 'pending').to.equal(read.length);
    expect(first.spool.next, 'next').to.be.at.least(APPENDED);
    await first.spool.close();
    expect(first.troubles).to.deep.equal([]);
    const again = await openSpool(directory);
    expect(sequencesOf(readAll(again.spool)), 'read again').to.deep.equal(read);
    expect(again.losses, 'losses reported again').to.deep.equal([]);
    again.spool.settle(0, again.spool.next - 1);
    await again.spool.close();
    expect(
      names(directory, '.segment').filter((name) => name.endsWith('.segment')),
      'files',
    ).to.deep.equal([]);
    return { read, losses: first.losses };
  }

  function flip(name: string, at: number): void {
    const path = join(directory, name);
    const bytes = fs.readFileSync(path);
    bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
    fs.writeFileSync(path, bytes);
  }

  function* places(part: string): Generator<[name: string, at: number]> {
    for (const name of names(original, part))
      for (let at = 0; at < fs.statSync(join(original, name)).size; at += STEP) yield [name, at];
  }

  for (const crash of [false, true])
    it(`loses at most one message by one flipped bit, and says which (${crash ? 'after a crash' : 'closed'})`, async function () {
      this.timeout(300_000);
      await make(crash);
      let damaged = 0;
      for (const [name, at] of places('.segment')) {
        restore();
        flip(name, at);
        const { read: got, losses } = await read();
        const lost = numbersOf(losses);
        expect(lost.length, `${name} at ${at}`).to.be.at.most(1);
        expect(
          [...got, ...lost].toSorted((a, b) => a - b),
          `${name} at ${at}`,
        ).to.deep.equal(PENDING);
        expect(names(directory, '.damaged-').length, `${name} at ${at}`).to.be.at.least(lost.length);
        damaged += lost.length;
      }
      expect(damaged).to.be.greaterThan(50 / STEP);
    });

  it('delivers again, and loses nothing, by a flipped bit of the settlement log', async function () {
    this.timeout(300_000);
    await make();
    for (const [name, at] of places('settlements.log')) {
      restore();
      flip(name, at);
      const { read: got, losses } = await read();
      expect(got, `at ${at}`).to.include.members(PENDING);
      expect(numbersOf(losses), `at ${at}`).to.deep.equal([]);
      expect(
        losses.map(({ kind }) => kind),
        `at ${at}`,
      ).to.deep.equal(['settlements']);
      expect(names(directory, 'settlements.log.damaged-')).to.have.lengthOf(1);
    }
  });

  for (const crash of [false, true])
    it(`loses by truncation exactly what is not there any more (${crash ? 'after a crash' : 'closed'})`, async function () {
      this.timeout(300_000);
      await make(crash);
      for (const [name, length] of places('.segment')) {
        restore();
        fs.truncateSync(join(directory, name), length);
        const { read: got, losses } = await read();
        const lost = numbersOf(losses);
        expect(
          [...got, ...lost].toSorted((a, b) => a - b),
          `${name} cut to ${length}`,
        ).to.deep.equal(PENDING);
        const from = Number(name.slice(0, 16));
        const others = PENDING.filter((sequence) => sequence < from || sequence >= behind(name));
        expect(got, `${name} cut to ${length}`).to.include.members(others);
        expect(lost, `${name} cut to ${length}`).to.deep.equal(
          got.includes(behind(name) - 1) ? [] : sortedTail(lost, name),
        );
      }
    });

  /** Behind the last number of a segment. */
  function behind(name: string): number {
    const firsts = [...names(original, '.segment').map((other) => Number(other.slice(0, 16))), APPENDED];
    return firsts.find((first) => first > Number(name.slice(0, 16))) as number;
  }

  /** What is lost of a file that was cut is the end of it. */
  const sortedTail = (lost: readonly number[], name: string): number[] => {
    const ofFile = PENDING.filter((sequence) => sequence >= Number(name.slice(0, 16)) && sequence < behind(name));
    return ofFile.slice(ofFile.length - lost.length);
  };

  it('takes a truncated settlement log for what it still says', async function () {
    this.timeout(300_000);
    await make();
    for (const [name, length] of places('settlements.log')) {
      restore();
      fs.truncateSync(join(directory, name), length);
      const { read: got, losses } = await read();
      expect(got, `cut to ${length}`).to.include.members(PENDING);
      expect(numbersOf(losses), `cut to ${length}`).to.deep.equal([]);
    }
  });

  it('cuts a half-written batch off after a crash, syncs the rest, and goes on behind it', async () => {
    const { spool } = await openSpool(original);
    append(spool, 0, 10);
    await spool.synced();
    await new Promise(setImmediate);
    append(spool, 10, 10);
    restore();
    const path = join(directory, names(directory, '.segment')[0] as string);
    const whole = fs.statSync(path).size;
    fs.truncateSync(path, whole - 100);
    const before = fs.statSync(path).ino;
    const { spool: again, losses } = await openSpool(directory);
    expect(fs.statSync(path).ino).to.not.equal(before); // nobody knows whether the old file can be synced any more
    const end = again.next;
    expect(end).to.be.within(17, 19);
    expect(losses).to.have.lengthOf(1);
    expect(losses[0]).to.include({ kind: 'unconfirmed', first: end, last: 19, count: 20 - end, file: path });
    const size = fs.statSync(path).size;
    expect(whole - 100 - (size - BATCH_HEAD_BYTES)).to.equal(losses[0]?.bytes); // it has a seal now
    append(again, end, 5);
    expect(sequencesOf(readAll(again))).to.deep.equal(range(0, end + 4));
    await again.close();
    const last = await openSpool(directory);
    expect(sequencesOf(readAll(last.spool))).to.deep.equal(range(0, end + 4));
    expect(last.losses).to.deep.equal([]);
    await last.spool.close();
    await spool.close();
  });

  it('leaves no half of a seal where the disk is too full for it', async () => {
    const { spool } = await openSpool(original);
    append(spool, 0, 10);
    await spool.synced();
    restore();
    await spool.close();
    const path = join(directory, names(directory, '.segment')[0] as string);
    const { size } = fs.statSync(path);
    const write = fs.writevSync;
    const full = sinon.stub(fs, 'writevSync').callsFake((fd, parts, position) => {
      const [part] = parts;
      if (position !== size) return write(fd, parts, position);
      write(fd, [(part as Uint8Array).subarray(0, 8)], position);
      throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    });
    const { spool: again, troubles } = await openSpool(directory);
    expect(full.args.filter(([, , position]) => position === size)).to.have.lengthOf(1);
    full.restore();
    expect(troubles.map(({ message }) => message).join()).to.contain('seal it');
    expect(fs.statSync(path).size).to.equal(size);
    await again.close();
    const { spool: last, losses } = await openSpool(directory);
    expect(losses).to.deep.equal([]);
    expect(sequencesOf(readAll(last))).to.deep.equal(range(0, 9));
    await last.close();
  });

  it('says that nothing is left of a last file of which not even the header is there', async () => {
    const { spool } = await openSpool(directory);
    append(spool, 0, 10);
    await spool.close();
    const [name] = names(directory, '.segment');
    const empty = join(directory, (name as string).replace(/00\./, '10.'));
    fs.writeFileSync(empty, '');
    const { spool: again, losses } = await openSpool(directory);
    expect(losses).to.have.lengthOf(1);
    expect(losses[0]).to.include({ kind: 'unconfirmed', file: empty, count: 0, bytes: 0 });
    expect(sequencesOf(readAll(again))).to.deep.equal(range(0, 9));
    await again.close();
  });

  it('says what a file that is gone held', async () => {
    await make();
    for (const name of names(original, '.segment')) {
      restore();
      fs.rmSync(join(directory, name));
      const { read: got, losses } = await read();
      expect(
        [...got, ...numbersOf(losses)].toSorted((a, b) => a - b),
        name,
      ).to.deep.equal(PENDING);
      expect(losses[0]?.what).to.contain('not there');
    }
  });

  it('reads on behind a block of zeros, and reports the rest as runs', async () => {
    await make();
    const [, name = ''] = names(original, '.segment');
    restore();
    const path = join(directory, name);
    const bytes = fs.readFileSync(path);
    bytes.fill(0, 0, 900);
    fs.writeFileSync(path, bytes);
    const { read: got, losses } = await read();
    expect([...got, ...numbersOf(losses)].toSorted((a, b) => a - b)).to.deep.equal(PENDING);
    const held = PENDING.filter((sequence) => sequence >= Number(name.slice(0, 16)) && sequence < behind(name));
    const lost = numbersOf(losses);
    expect(lost).to.deep.equal(held.slice(0, lost.length));
    expect(lost.length).to.be.within(1, held.length - 1);
  });

  for (const [bytes, lost] of [
    [FILE_HEADER_BYTES, 0],
    [FIRST_HEADS, 0],
    [512, (512 - FIRST_HEADS) / TABLE_ENTRY_BYTES],
    [4096, (4096 - FIRST_HEADS) / TABLE_ENTRY_BYTES],
  ] as const)
    it(`loses ${lost} of 1000 messages of one append by ${bytes} bad bytes at the beginning, after a crash`, async () => {
      const { spool } = await openSpool(original);
      append(spool, 0, 1000);
      await spool.synced();
      copyTo(`${original}-crashed`);
      await spool.close();
      fs.rmSync(original, { recursive: true });
      fs.renameSync(`${original}-crashed`, original);
      restore();
      const path = join(directory, names(directory, '.segment')[0] ?? '');
      fs.writeFileSync(path, fs.readFileSync(path).fill(0, 0, bytes));
      const { read: got, losses } = await read();
      expect(numbersOf(losses)).to.deep.equal(range(0, lost - 1));
      expect(got).to.deep.equal(range(lost, 999));
    });

  it('says what a file held of which nothing can be read', async () => {
    await make();
    const [, name = ''] = names(original, '.segment');
    restore();
    const path = join(directory, name);
    fs.writeFileSync(path, Buffer.alloc(fs.statSync(path).size));
    const { read: got, losses } = await read();
    expect([...got, ...numbersOf(losses)].toSorted((a, b) => a - b)).to.deep.equal(PENDING);
    expect(losses.map(({ what }) => what)).to.satisfy((all: string[]) =>
      all.every((what) => what.includes('nothing can be read')),
    );
    expect(names(directory, '.damaged-')).to.have.lengthOf(1);
  });

  it('does not read a file under the name of another one', async () => {
    await make();
    restore();
    const [first = '', second = ''] = names(original, '.segment');
    const misnamed = '9007199254740000.segment';
    fs.renameSync(join(directory, second), join(directory, misnamed));
    const { read: got, losses } = await read();
    expect([...got, ...numbersOf(losses)].toSorted((a, b) => a - b)).to.deep.equal(PENDING);
    expect(got).to.include.members(PENDING.filter((sequence) => sequence < behind(first)));
    expect(losses.find(({ file }) => file.endsWith(misnamed))?.what).to.contain('renamed or copied');
    expect(names(directory, `${misnamed}.damaged-`)).to.have.lengthOf(1);
  });

  it('does not take an empty file for a part of it that holds the numbers of another', async () => {
    await make();
    restore();
    const stray = `${String(PENDING[0]).padStart(16, '0').replace(/.$/, '1')}.segment`;
    expect(names(directory, '.segment')).not.to.include(stray);
    fs.writeFileSync(join(directory, stray), '');
    const { read: got, losses } = await read();
    expect(got).to.deep.equal(PENDING);
    expect(losses.map(({ file, count }) => [basename(file), count])).to.deep.equal([[stray, 0]]);
  });

  it('is not led astray by a message that holds a piece of a spool', async () => {
    const other = await openSpool(original);
    append(other.spool, 2, 5);
    await other.spool.close();
    const file = fs.readFileSync(join(original, names(original, '.segment')[0] as string));
    // Behind 40 bytes of record and one of key its heads are at multiples of 8, as true ones are.
    const piece = Buffer.concat([Buffer.alloc(7), file]);
    const { spool } = await openSpool(directory);
    const { memory, offsets } = pack(0, 3, (sequence) => (sequence === 0 ? piece : textOf(sequence)));
    spool.append(memory, offsets, 0);
    append(spool, 3, 3);
    await spool.close();
    flip(names(directory, '.segment')[0] as string, 64 + 10);
    const { spool: again, losses } = await openSpool(directory);
    const [first, ...rest] = readAll(again);
    expect(first?.value).to.equal(piece.toString());
    expect(sequencesOf(rest)).to.deep.equal(range(1, 5));
    expect(losses).to.deep.equal([]);
    await again.close();
  });

  it('does not take one message for another, though its own CRC came with it', async () => {
    const { spool } = await openSpool(directory);
    const { memory, offsets } = pack(0, 6, (sequence) => `number ${sequence}`);
    spool.append(memory, offsets, 0);
    await spool.close();
    const path = join(directory, names(directory, '.segment')[0] as string);
    const bytes = fs.readFileSync(path);
    const table = 64 + 32;
    const records = table + 6 * 8;
    const size = offsets[1] as number;
    bytes.copyWithin(records + 4 * size, records + 2 * size, records + 3 * size);
    bytes.copyWithin(table + 4 * 8, table + 2 * 8, table + 3 * 8);
    fs.writeFileSync(path, bytes);
    const { spool: again, losses } = await openSpool(directory);
    expect(readAll(again).map(({ value }) => value)).to.deep.equal([0, 1, 2, 3, 5].map((number) => `number ${number}`));
    expect(numbersOf(losses)).to.deep.equal([4]);
    await again.close();
  });
});
