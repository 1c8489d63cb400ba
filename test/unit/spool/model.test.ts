import fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { copySpool, newDirectory, type OpenSpool, openSpool, pack, range, readAll } from '../../support/spool-rig.ts';

/** Random programs, of which there are more in the soak. */
const RUNS = Number(process.env.OUTSPOOL_SPOOL_PROGRAMS ?? 60);
const OPTIONS = { segmentBytes: 3000, maxBytes: 1e9 };

/** A spool, and beside it what it should hold. */
class Subject {
  directory = newDirectory();
  open!: OpenSpool;
  next = 0;
  /** Sequence number to text, of all that is pending. */
  pending = new Map<number, string>();
  /** All below was on disk. */
  confirmed = 0;
  /** Which life of the spool a message is from: a number may come again after a crash. */
  life = 0;

  async start(): Promise<void> {
    this.open = await openSpool(this.directory, OPTIONS);
    this.#noteSynced();
  }

  get spool() {
    return this.open.spool;
  }

  append(count: number, skipped: number): void {
    const first = this.next + skipped;
    const text = (sequence: number) => `${this.life}:${sequence}:${'x'.repeat((sequence * 13) % 90)}`;
    const { memory, offsets } = pack(first, count, text);
    this.spool.append(memory, offsets, first);
    for (const sequence of range(first, first + count - 1)) this.pending.set(sequence, text(sequence));
    this.next = first + count;
  }

  settle(at: number, count: number): void {
    if (this.next === 0) return;
    const first = Math.floor(at * this.next);
    const last = Math.min(this.next - 1, first + count);
    this.spool.settle(first, last);
    for (const sequence of range(first, last)) this.pending.delete(sequence);
  }

  async sync(): Promise<void> {
    await this.spool.synced();
    this.confirmed = this.next;
    this.#noteSynced();
  }

  check(at = 0, maxBytes = 700): void {
    const from = Math.floor(at * this.next);
    const got = readAll(this.spool, maxBytes, from).map(({ sequence, value }) => [sequence, value]);
    const expected = [...this.pending].filter(([sequence]) => sequence >= from);
    expect(got).to.deep.equal(expected.toSorted(([a], [b]) => a - b));
    expect(this.spool.pending).to.equal(this.pending.size);
    expect(this.spool.next).to.equal(this.next);
    expect(this.open.losses).to.deep.equal([]);
    expect(this.open.troubles).to.deep.equal([]);
  }

  async reopen(): Promise<void> {
    await this.spool.close();
    await this.start();
    this.confirmed = this.next;
    this.check();
  }

  /** The process ends here and now; what it had settled in this very turn is not in the log. */
  async kill(): Promise<void> {
    await new Promise(setImmediate);
    await this.#continueFrom(() => {});
    this.check();
  }

  /** The machine ends: the end of the last file is not on disk, as far as nobody was told that it is. */
  async powerCut(fraction: number): Promise<void> {
    await new Promise(setImmediate);
    await this.#continueFrom((directory) => {
      const last = segments(directory).at(-1);
      if (last === undefined) return;
      const path = join(directory, last);
      const from = this.#synced.get(last) ?? 0;
      fs.truncateSync(path, from + Math.floor(fraction * (fs.statSync(path).size - from)));
    });
    this.#forgetUnconfirmed();
    this.check();
  }

  /** How long each file was at the last sync. */
  #synced = new Map<string, number>();

  #noteSynced(): void {
    // One that has settled may go at any moment.
    const size = (name: string) => fs.statSync(join(this.directory, name), { throwIfNoEntry: false })?.size ?? 0;
    this.#synced = new Map(segments(this.directory).map((name) => [name, size(name)]));
  }

  /** What is gone must be the end, and none of it confirmed. */
  #forgetUnconfirmed(): void {
    const { losses, spool } = this.open;
    expect(losses.every(({ kind }) => kind === 'unconfirmed')).to.equal(true);
    losses.length = 0;
    const there = new Set(readAll(spool).map(({ sequence }) => sequence));
    const gone = [...this.pending.keys()].filter((sequence) => !there.has(sequence));
    if (gone.length > 0) expect(Math.min(...gone)).to.be.at.least(this.confirmed);
    if (gone.length > 0) expect(Math.min(...gone)).to.be.greaterThan(Math.max(-1, ...there));
    for (const sequence of gone) this.pending.delete(sequence);
    this.next = spool.next;
    this.confirmed = spool.next;
  }

  async #continueFrom(damage: (directory: string) => void): Promise<void> {
    const old = this.directory;
    this.directory = newDirectory();
    copySpool(old, this.directory);
    damage(this.directory);
    await this.spool.close();
    fs.rmSync(old, { recursive: true });
    this.life++;
    await this.start();
  }

  async end(): Promise<void> {
    await this.spool.close();
    fs.rmSync(this.directory, { recursive: true });
  }
}

const segments = (directory: string) => fs.readdirSync(directory).filter((name) => name.endsWith('.segment'));

type Step = (subject: Subject) => void | Promise<void>;

const named = (name: string, step: Step): Step => Object.assign(step, { [fc.toStringMethod]: () => name });

/** From 0 to below 1, evenly: `fc.double` draws from all floats, most of which are next to nothing. */
const unit = fc.nat(9999).map((part) => part / 10_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 25 }), fc.constantFrom(0, 0, 0, 1, 7))
      .map(([count, skipped]) =>
        named(`append ${count} behind ${skipped}`, (subject) => subject.append(count, skipped)),
      ),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(unit, fc.nat(30))
      .map(([at, count]) => named(`settle ${count} at ${at}`, (subject) => subject.settle(at, count))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(unit, fc.integer({ min: 1, max: 2000 }))
      .map(([at, bytes]) => named(`read from ${at}`, (subject) => subject.check(at, bytes))),
  },
  {
    weight: 2,
    arbitrary: fc.constant(named('sync', (subject) => subject.sync())),
  },
  { weight: 1, arbitrary: fc.constant(named('reopen', (subject) => subject.reopen())) },
  { weight: 1, arbitrary: fc.constant(named('kill', (subject) => subject.kill())) },
  {
    weight: 1,
    arbitrary: unit.map((fraction) => named(`power cut at ${fraction}`, (subject) => subject.powerCut(fraction))),
  },
);

describe('the spool, against a model', () => {
  it('holds what it should after every program of appends, settlements, reads, restarts and crashes', async function () {
    this.timeout(600_000);
    const program = fc.array(step, { minLength: 1, maxLength: 40, size: 'max' });
    await fc.assert(
      fc.asyncProperty(program, async (steps) => {
        const subject = new Subject();
        await subject.start();
        try {
          for (const run of steps) await run(subject);
          subject.check();
          await subject.reopen();
        } finally {
          await subject.end();
        }
      }),
      { numRuns: RUNS },
    );
  });
});
