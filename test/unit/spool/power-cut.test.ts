import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { Disk } from '../../support/disk.ts';
import { newDirectory, type OpenSpool, openSpool, pack, range, readAll } from '../../support/spool-rig.ts';

/** Random programs, of which there are more in the soak. */
const RUNS = Number(process.env.OUTSPOOL_SPOOL_PROGRAMS ?? 60);
const OPTIONS = { segmentBytes: 3000, maxBytes: 1e9 };
const SPOOL = join('folder', 'spool');

/** What was left at a moment, and what must be in it. */
interface Remains {
  readonly root: string;
  readonly expected: ReadonlyMap<number, string>;
}

/** A spool on a disk that forgets, and next to it what it must have. */
class Subject {
  readonly #chance: () => boolean;
  #root = newDirectory();
  #disk = new Disk(this.#root).install();
  #open!: OpenSpool;
  /** Of messages that were confirmed and have not settled. */
  readonly #expected = new Map<number, string>();
  readonly #appended = new Map<number, string>();
  #life = 0;
  readonly #remains: Remains[] = [];
  /** How many of the next calls fail. */
  #failing = 0;

  constructor(chance: () => boolean) {
    this.#chance = chance;
  }

  async start(): Promise<void> {
    this.#disk.refuse = () => this.#failing > 0 && this.#failing-- > 0;
    for (;;) {
      const opened = await openSpool(join(this.#root, SPOOL), OPTIONS).catch(() => undefined);
      if (opened === undefined) continue; // a sync failed, the next one will not
      this.#open = opened;
      return;
    }
  }

  fail(calls: number): void {
    this.#failing = calls;
  }

  /** The machine ends in the middle of a sync; the program goes on in another life. */
  cutAt(call: number): void {
    const at = this.#disk.calls.length + call;
    const { refuse } = this.#disk;
    this.#disk.refuse = (one, index) => {
      if (index === at) this.#remains.push(this.#cut());
      return refuse(one, index);
    };
  }

  #cut(): Remains {
    const root = newDirectory();
    this.#disk.cut(root, this.#chance);
    return { root, expected: new Map(this.#expected) };
  }

  append(count: number): void {
    const first = this.#open.spool.next;
    const text = (sequence: number) => `${this.#life}:${sequence}:${'x'.repeat((sequence * 13) % 90)}`;
    const { memory, offsets } = pack(first, count, text);
    this.#open.spool.append(memory, offsets, first);
    for (const sequence of range(first, first + count - 1)) this.#appended.set(sequence, text(sequence));
  }

  settle(at: number, count: number): void {
    const { spool } = this.#open;
    if (spool.next === 0) return;
    const first = Math.floor(at * spool.next);
    for (const sequence of range(first, Math.min(spool.next - 1, first + count))) {
      this.#appended.delete(sequence);
      this.#expected.delete(sequence);
      spool.settle(sequence);
    }
  }

  async sync(): Promise<void> {
    const covered = new Map(this.#appended);
    const isConfirmed = await this.#open.spool.synced().then(
      () => true,
      () => false,
    );
    for (const [sequence, text] of covered)
      if (isConfirmed && this.#appended.has(sequence)) this.#expected.set(sequence, text);
  }

  async powerCut(): Promise<void> {
    const { root } = this.#cut();
    await this.#leave();
    this.#root = root;
    this.#disk = new Disk(root).install();
    this.#life++;
    await this.start();
    this.#appended.clear();
    for (const [sequence, text] of verify(this.#open, this.#expected)) this.#appended.set(sequence, text);
  }

  async reopen(): Promise<void> {
    await this.#open.spool.close().catch(() => {});
    await this.start();
    verify(this.#open, this.#expected);
  }

  async #leave(): Promise<void> {
    this.#failing = 0;
    await this.#open.spool.close();
    this.#disk.restore();
    fs.rmSync(this.#root, { recursive: true });
  }

  async end(): Promise<void> {
    await this.#leave();
    for (const { root, expected } of this.#remains) {
      const opened = await openSpool(join(root, SPOOL), OPTIONS);
      verify(opened, expected);
      await opened.spool.close();
      fs.rmSync(root, { recursive: true });
    }
  }

  abandon(): void {
    this.#disk.restore();
  }
}

/** Nothing that was confirmed is missing, and nothing is reported lost. Returns what is there. */
function verify({ spool, losses }: OpenSpool, expected: ReadonlyMap<number, string>): Map<number, string> {
  const there = new Map(readAll(spool).map(({ sequence, value }) => [sequence, value]));
  expect(losses.filter(({ kind }) => kind === 'lost')).to.deep.equal([]);
  for (const [sequence, text] of expected) expect(there.get(sequence), `message ${sequence}`).to.equal(text);
  return there;
}

type Step = (subject: Subject) => void | Promise<void>;

const named = (name: string, step: Step): Step => Object.assign(step, { [fc.toStringMethod]: () => name });
const constant = (name: string, step: Step) => fc.constant(named(name, step));
const unit = fc.nat(9999).map((part) => part / 10_000);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.integer({ min: 1, max: 25 }).map((count) => named(`append ${count}`, (one) => one.append(count))),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(unit, fc.nat(60))
      .map(([at, count]) => named(`settle ${count} at ${at}`, (one) => one.settle(at, count))),
  },
  { weight: 4, arbitrary: constant('sync', (one) => one.sync()) },
  { weight: 3, arbitrary: constant('pause', () => sleep(2)) },
  {
    weight: 3,
    arbitrary: fc.integer({ min: 1, max: 4 }).map((calls) => named(`fail ${calls}`, (one) => one.fail(calls))),
  },
  {
    weight: 2,
    arbitrary: fc.nat(6).map((call) => named(`cut at call ${call}`, (one) => one.cutAt(call))),
  },
  { weight: 1, arbitrary: constant('reopen', (one) => one.reopen()) },
  { weight: 2, arbitrary: constant('power cut', (one) => one.powerCut()) },
);

/** The same for the same seed. */
function chances(seed: number): () => boolean {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 31 === 1;
  };
}

describe('a spool on a disk that keeps only what was synced', () => {
  /** The first cut tears a batch in a file that is not the last one, and takes the file behind it; the second takes the end of the log. */
  it('has what lies behind a torn batch, also when its file has become the last one', async () => {
    const subject = new Subject(chances(1_824_721_565));
    try {
      await subject.start();
      await subject.powerCut();
      for (const count of [12, 15, 18, 1, 10]) subject.append(count);
      await subject.powerCut();
      await subject.sync();
      await subject.powerCut();
      await subject.end();
    } finally {
      subject.abandon();
    }
  });

  it('has every confirmed message after power cuts and failed syncs, and reports none lost', async function () {
    this.timeout(600_000);
    const program = fc.array(step, { minLength: 1, maxLength: 40, size: 'max' });
    await fc.assert(
      fc.asyncProperty(program, fc.nat(2 ** 31), async (steps, seed) => {
        const subject = new Subject(chances(seed));
        try {
          await subject.start();
          for (const run of steps) await run(subject);
          await subject.end();
        } finally {
          subject.abandon();
        }
      }),
      { numRuns: RUNS },
    );
  });
});
