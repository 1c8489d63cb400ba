import fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { SpoolError } from '../../../src/shared/errors.ts';
import type { NumberRun } from '../../../src/shared/sequence-ranges.ts';
import type { Loss } from '../../../src/spool/recovery/loss.ts';
import { SpoolView } from '../../../src/spool/recovery/spool-view.ts';
import { Segment, segmentName } from '../../../src/spool/segments/segment.ts';
import { type Hole, SegmentReader } from '../../../src/spool/segments/segment-reader.ts';
import type { Spool } from '../../../src/spool/spool.ts';
import { failReads } from '../../support/failing-reads.ts';
import {
  append,
  copySpool,
  newDirectory,
  openSpool,
  pack,
  type ReadBack,
  range,
  readAll,
  sequencesOf,
  textOf,
} from '../../support/spool-rig.ts';

const APPENDED = 90;
const SETTLED = [...range(0, 4), 33, 34, ...range(60, 62)];
const PENDING = range(0, APPENDED - 1).filter((sequence) => !SETTLED.includes(sequence));

/** How the spool was left. `unsynced`: killed before anything was confirmed. */
const ENDINGS = ['closed', 'crashed', 'unsynced', 'crashed, and its last header is damaged'] as const;

describe('a spool whose files cannot be read for a time', () => {
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
  const contents = (path: string) =>
    fs.readdirSync(path).map((name) => [name, fs.readFileSync(join(path, name)).toString('hex')]);

  function overwrite(path: string, bytes: number): void {
    const content = fs.readFileSync(path);
    fs.writeFileSync(path, content.fill(0, 0, Math.min(bytes, content.length)));
  }

  /** Several segments, with batches of 10. */
  async function make(ending: (typeof ENDINGS)[number]): Promise<string> {
    const path = directory();
    const { spool } = await openSpool(path, { segmentBytes: 4000, syncIntervalMs: 3_600_000 });
    for (let first = 0; first < APPENDED; first += 10) append(spool, first, 10);
    for (const sequence of SETTLED) spool.settle(sequence);
    if (ending !== 'unsynced') await spool.synced();
    if (ending === 'closed') await spool.close();
    else await new Promise(setImmediate);
    const left = directory();
    copySpool(path, left);
    await spool.close();
    expect(segmentsOf(left)).to.have.lengthOf.at.least(2);
    if (ending.includes('damaged')) overwrite(join(left, segmentsOf(left).at(-1) as string), 96);
    return left;
  }

  const pauses = () => {
    const slept: number[] = [];
    const sleep = async (ms: number) => void slept.push(ms);
    return { clock: { now: () => 0, sleep }, slept };
  };

  async function open(path: string) {
    const { clock, slept } = pauses();
    const unused: NumberRun[] = [];
    const opened = await openSpool(path, { clock, onUnused: (run) => unused.push(run) });
    return { ...opened, unused, slept };
  }

  async function expectAllThere(path: string): Promise<void> {
    const { spool, losses, unused } = await open(path);
    expect(losses).to.deep.equal([]);
    expect(sequencesOf(readAll(spool))).to.deep.equal(PENDING);
    expect(unused).to.deep.equal([]);
    await spool.close();
  }

  /** The calls that read in an opening, and where they do. */
  async function readsToOpen(original: string): Promise<readonly string[]> {
    const path = directory();
    copySpool(original, path);
    const reads = failReads({});
    const { spool } = await open(path);
    const places = [...reads.places];
    reads.restore();
    await spool.close();
    return places;
  }

  for (const ending of ENDINGS)
    for (const code of ['EIO', 'EMFILE', 'EACCES'])
      it(`opens when the reading passes, or says why not and changes nothing (${ending}, ${code})`, async function () {
        this.timeout(600_000);
        const original = await make(ending);
        const places = await readsToOpen(original);
        expect(places).to.have.lengthOf.above(8);
        // One place of one file at a time, at every attempt; and for once any of the calls.
        for (const [from, at] of places.entries()) {
          const path = directory();
          copySpool(original, path);
          const before = contents(path);
          const lasting = failReads({ from: 0, at, code });
          const { clock, slept } = pauses();
          const failure = await openSpool(path, { clock }).catch((error: unknown) => error);
          lasting.restore();
          expect(failure, at).to.be.instanceOf(SpoolError);
          const [, name = ''] = at.split(' ');
          expect((failure as Error).message, at)
            .to.contain(`(${code})`)
            .and.contain(join(path, name));
          expect((failure as Error).cause).to.have.property('code', code);
          expect(slept, `read ${from}`).to.deep.equal([50, 100, 200, 400]);
          expect(contents(path), `read ${from}`).to.deep.equal(before);
          const passing = failReads({ from, times: 1, code });
          const { spool, losses } = await open(path);
          passing.restore();
          expect(losses, `read ${from}`).to.deep.equal([]);
          expect(sequencesOf(readAll(spool)), `read ${from}`).to.deep.equal(PENDING);
          await spool.close();
          await expectAllThere(path);
        }
      });

  it('reports what is damaged once, however often it had to look', async function () {
    this.timeout(600_000);
    const original = await make('crashed');
    overwrite(join(original, segmentsOf(original)[0] as string), 4000);
    const { length: count } = await readsToOpen(original);
    let repeated = 0;
    for (let from = 0; from < count; from++) {
      const path = directory();
      copySpool(original, path);
      const passing = failReads({ from, times: 2 });
      const { spool, losses, slept } = await open(path);
      passing.restore();
      repeated += slept.length;
      readAll(spool);
      const lost = losses.flatMap(({ first = -1, last = -1 }) => range(first, last));
      expect(lost, `read ${from}`).to.deep.equal(range(5, lost.length + 4)).and.not.be.empty;
      await spool.close();
    }
    expect(repeated).to.be.greaterThan(8);
  });

  /** As the feeder does: what cannot be read is read again. */
  function readPatiently(spool: Spool): { read: ReadBack[]; failures: Error[] } {
    const failures: Error[] = [];
    const read: Spool['read'] = (from, limits) => {
      for (;;)
        try {
          return spool.read(from, limits);
        } catch (error) {
          failures.push(error as Error);
        }
    };
    return { read: readAll({ read }, 700), failures };
  }

  it('gives every message in its order, and settles none, when a read fails while it is in use', async () => {
    const original = await make('closed');
    let failed = 0;
    for (let from = 0, ended = false; !ended; from++) {
      const path = directory();
      copySpool(original, path);
      const { spool, losses, unused } = await open(path);
      const reads = failReads({ from, times: 2 });
      const { read, failures } = readPatiently(spool);
      ended = reads.calls <= from;
      reads.restore();
      failed += failures.length;
      expect(sequencesOf(read), `read ${from}`).to.deep.equal(PENDING);
      expect([losses, unused, spool.pending], `read ${from}`).to.deep.equal([[], [], PENDING.length]);
      for (const { cause } of failures) expect(cause).to.have.property('code', 'EIO');
      await spool.close();
    }
    expect(failed).to.be.greaterThan(2);
  });

  /** Byte 10 000 of every file cannot be read. */
  function breakDevice(): { restore(): void } {
    const read = fs.readSync;
    return sinon.stub(fs, 'readSync').callsFake(((
      fd: number,
      target: Buffer,
      ...[offset, length, position]: [number, number, number]
    ) => {
      if (position <= 10_000 && position + length > 10_000) throw Object.assign(new Error('io'), { code: 'EIO' });
      return read(fd, target, offset, length, position);
    }) as typeof fs.readSync);
  }

  for (const isReplaced of [false, true])
    it(`gives what comes before the part that cannot be read, and goes on ${isReplaced ? 'in a copy without it' : 'when it can be read'}`, async () => {
      const path = directory();
      const { spool: writing } = await openSpool(path);
      for (let first = 0; first < 300; first += 10) append(writing, first, 10);
      await writing.close();
      const { spool, losses } = await openSpool(path);
      const device = breakDevice();
      const got = readAll({ read: untilRefused(spool) }, 64 * 1024);
      const next = got.length;
      expect(() => spool.read(next, { maxBytes: 4096 })).to.throw(SpoolError, 'the device failed (EIO)');
      expect(next).to.be.within(50, 200);
      expect([losses, spool.pending]).to.deep.equal([[], 300]);
      device.restore();
      const file = join(path, segmentName(0));
      if (isReplaced) {
        fs.writeFileSync(`${file}.copy`, fs.readFileSync(file).fill(0, 9728, 10_240));
        fs.renameSync(`${file}.copy`, file);
      }
      got.push(...readAll(spool, 4096, next));
      const lost = losses.flatMap(({ first = -1, last = -1 }) => range(first, last));
      expect(lost.length).to.be.within(isReplaced ? 1 : 0, isReplaced ? 10 : 0);
      // Everything before the batch that the block is in had been read.
      expect((lost[0] ?? next) - next).to.be.below(10);
      expect(sequencesOf(got)).to.deep.equal(range(0, 299).filter((sequence) => !lost.includes(sequence)));
      expect(spool.pending).to.equal(300 - lost.length);
      await spool.close();
    });

  /** Ends where the spool cannot be read. */
  const untilRefused =
    (spool: Spool): Spool['read'] =>
    (from, limits) => {
      try {
        return spool.read(from, limits);
      } catch {
        return undefined;
      }
    };

  it('is read on from the same batch by a reader whose read has failed', async () => {
    const path = directory();
    const { spool } = await openSpool(path);
    const count = 12; // batches of 100 KB: more than a reader has in memory at once
    for (let first = 0; first < count; first++) {
      const { memory, offsets } = pack(first, 1, () => Buffer.alloc(100_000, first));
      spool.append(memory, offsets, first);
    }
    await spool.close();
    const known = SpoolView.open(path).segments[0] as Segment;
    let failed = 0;
    for (let from = 1, ended = false; !ended; from++) {
      const segment = Object.assign(new Segment(path, 0, known.salt), { end: known.end, bytes: known.bytes });
      const holes: Hole[] = [];
      const reader = new SegmentReader(segment, (hole) => holes.push(hole));
      const reads = failReads({ from: from - 1, times: 2 });
      const whole: number[] = [];
      for (let more = true; more; ) {
        try {
          more = reader.next();
          if (more && reader.batch?.wholeSize(0) !== 0) whole.push(reader.batch?.first as number);
        } catch (error) {
          expect(error).to.be.instanceOf(SpoolError);
          failed++;
        }
      }
      ended = reads.calls < from;
      reads.restore();
      reader.close();
      expect([whole, holes], `read ${from}`).to.deep.equal([range(0, count - 1), []]);
    }
    expect(failed).to.be.greaterThan(4);
  });

  it('is never called damaged by whoever only looks at it', async () => {
    const path = await make('closed');
    const before = contents(path);
    const look = () => {
      const view = SpoolView.open(path);
      const whole = view.verify();
      for (let chunk = view.read(0, { maxBytes: 2000 }); chunk; )
        chunk = view.read(chunk.first + chunk.offsets.length, { maxBytes: 2000 });
      const { putAside, pending } = view;
      view.close();
      return { view, seen: { whole, putAside, pending } };
    };
    const { seen } = look();
    let refused = 0;
    for (let from = 0, ended = false; !ended; from++) {
      const reads = failReads({ from });
      let losses: Promise<readonly Loss[]> | undefined;
      try {
        const looked = look();
        losses = looked.view.losses();
        expect(looked.seen).to.deep.equal(seen);
      } catch (error) {
        expect(error, `read ${from}`).to.be.instanceOf(SpoolError);
        expect((error as Error).cause).to.have.property('code', 'EIO');
        refused++;
      }
      ended = reads.calls <= from;
      reads.restore();
      expect((await losses) ?? [], `read ${from}`).to.deep.equal([]);
    }
    expect(refused).to.be.greaterThan(10);
    expect(contents(path)).to.deep.equal(before);
  });

  it('says which file it is, where the system needs no stub to refuse it', async () => {
    const name = segmentName(0);
    for (const one of [name, 'settlements.log']) {
      const path = directory();
      fs.mkdirSync(join(path, one));
      fs.mkdirSync(join(path, one, 'kept'));
      const { clock } = pauses();
      const failure = await openSpool(path, { clock }).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(SpoolError).with.property('message').that.contains(join(path, one));
      expect((failure as Error).cause).to.have.property('code', 'EISDIR');
      expect(fs.readdirSync(path)).to.deep.equal([one]);
    }
  });

  for (const most of [1, 3, 8, 100])
    it(`reads on where the system returns a part, or is interrupted (${most} bytes at most)`, async () => {
      const path = await make('crashed');
      const read = fs.readSync;
      let calls = 0;
      sinon.stub(fs, 'readSync').callsFake(((
        fd: number,
        target: Buffer,
        ...[offset, length, position]: [number, number, number]
      ) => {
        if (++calls % 3 === 0) throw Object.assign(new Error('interrupted'), { code: 'EINTR' });
        return read(fd, target, offset, Math.min(length, most), position);
      }) as typeof fs.readSync);
      await expectAllThere(path);
    });

  for (const [bytes, lost] of [
    [96, 0],
    [512, 9], // the last of the first batch is one of its own
  ] as const)
    it(`loses at most a batch by ${bytes} damaged bytes at the beginning of what a crash has left`, async () => {
      const path = directory();
      const { spool } = await openSpool(path, { syncIntervalMs: 3_600_000 });
      for (let first = 0; first < 50; first += 10) append(spool, first, 10);
      const left = directory();
      copySpool(path, left);
      await spool.close();
      overwrite(join(left, segmentName(0)), bytes);
      const { spool: again, losses } = await open(left);
      expect(sequencesOf(readAll(again))).to.deep.equal(range(lost, 49));
      expect(losses.map(({ kind, first, last }) => [kind, first, last])).to.deep.equal(
        lost === 0 ? [] : [['unconfirmed', 0, lost - 1]], // nothing was synced
      );
      await again.close();
    });

  it('learns its salt from its own heads, not from those in a message', async () => {
    const other = directory();
    const { spool: small } = await openSpool(other);
    for (let first = 0; first < 20; first++) append(small, first, 1);
    await small.close();
    const piece = Buffer.concat([Buffer.alloc(7), fs.readFileSync(join(other, segmentName(0)))]);
    const path = directory();
    const { spool } = await openSpool(path, { syncIntervalMs: 3_600_000 });
    const { memory, offsets } = pack(0, 2, (sequence) => (sequence === 0 ? piece : textOf(sequence)));
    spool.append(memory, offsets, 0);
    append(spool, 2, 5);
    const left = directory();
    copySpool(path, left);
    await spool.close();
    overwrite(join(left, segmentName(0)), 96);
    const { spool: again, losses } = await open(left);
    const [first, ...rest] = readAll(again);
    expect(first?.value).to.equal(piece.toString());
    expect([sequencesOf(rest), losses]).to.deep.equal([range(1, 6), []]);
    await again.close();
  });

  it('keeps a file of which nothing is whole, though nothing in it was confirmed', async () => {
    const path = directory();
    const { spool } = await openSpool(path, { syncIntervalMs: 3_600_000 });
    append(spool, 0, 1);
    const left = directory();
    copySpool(path, left);
    await spool.close();
    overwrite(join(left, segmentName(0)), 96);
    const content = fs.readFileSync(join(left, segmentName(0)));
    const { spool: again, losses } = await open(left);
    expect(losses).to.have.lengthOf(1);
    expect(losses[0]).to.include({ kind: 'unconfirmed', file: join(left, segmentName(0)), bytes: content.length });
    const [aside = ''] = fs.readdirSync(left).filter((name) => name.includes('.damaged-'));
    expect(fs.readFileSync(join(left, aside))).to.deep.equal(content);
    append(again, again.next, 3);
    await again.close();
    const { spool: third, losses: none } = await open(left);
    expect([third.pending, none]).to.deep.equal([3, []]);
    await third.close();
  });
});
