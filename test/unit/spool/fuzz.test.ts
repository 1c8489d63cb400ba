import fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { append, newDirectory, openSpool, range, readAll, sequencesOf } from '../../support/spool-rig.ts';

/** Of which there are more in the soak. */
const RUNS = Number(process.env.OUTSPOOL_SPOOL_PROGRAMS ?? 60);
const APPENDED = 120;
const SETTLED = [...range(0, 9), ...range(50, 61), 70, 72, 74];
const PENDING = range(0, APPENDED - 1).filter((sequence) => !SETTLED.includes(sequence));

/** What is done to one file: from where to where, as fractions of it. */
interface Damage {
  readonly kind: 'noise' | 'zeros' | 'cut' | 'delete' | 'move' | 'more';
  readonly file: number;
  readonly at: number;
  readonly length: number;
  readonly noise: Uint8Array;
}

/** From 0 to below 1, evenly: `fc.double` draws from all floats, most of which are next to nothing. */
const unit = fc.nat(9999).map((part) => part / 10_000);
const damage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom('noise', 'noise', 'zeros', 'cut', 'delete', 'move', 'more'),
  file: unit,
  at: unit,
  length: unit.map((part) => part * 0.3),
  noise: fc.uint8Array({ minLength: 1, maxLength: 80 }),
});

const zero = Uint8Array.of(0);
/** Found by such runs. The last file has lost its seal and its last batch's head; it ends just before its last batch. */
const FOUND: Damage[][] = [
  [
    { kind: 'more', file: 0.8, at: 0, length: 0, noise: zero },
    { kind: 'zeros', file: 0.8, at: 0.4697, length: 0.04758, noise: zero },
  ],
  [{ kind: 'cut', file: 0.8, at: 0.5151, length: 0, noise: zero }],
  [
    { kind: 'move', file: 0.2, at: 0.0952, length: 0.06285, noise: zero },
    { kind: 'noise', file: 0, at: 0, length: 0, noise: zero },
  ],
];

/** The file's bytes after it; undefined: there is no file any more. */
function damaged(bytes: Buffer, { kind, at, length, noise }: Damage): Buffer | undefined {
  const from = Math.floor(at * bytes.length);
  const to = Math.min(bytes.length, from + 1 + Math.floor(length * bytes.length));
  if (kind === 'delete') return undefined;
  if (kind === 'cut') return bytes.subarray(0, from);
  if (kind === 'more') return Buffer.concat([bytes, noise]);
  if (kind === 'noise') bytes.set(noise.subarray(0, bytes.length - from), from);
  else if (kind === 'zeros') bytes.fill(0, from, to);
  else bytes.copyWithin(from & ~7, to & ~7);
  return bytes;
}

function apply(path: string, damage: Damage): void {
  const bytes = damaged(fs.readFileSync(path), damage);
  if (bytes === undefined) fs.rmSync(path);
  else fs.writeFileSync(path, bytes);
}

describe('a spool in which much is damaged', () => {
  let original: string;

  before(async () => {
    original = newDirectory();
    const { spool } = await openSpool(original, { segmentBytes: 4000 });
    for (let first = 0; first < APPENDED; first += 12) append(spool, first, 12);
    for (const sequence of SETTLED) spool.settle(sequence);
    await spool.close();
  });

  after(() => fs.rmSync(original, { recursive: true }));

  async function open(directory: string) {
    const { spool, losses } = await openSpool(directory);
    const read = sequencesOf(readAll(spool, 1000));
    expect(spool.pending).to.equal(read.length);
    append(spool, spool.next, 3);
    expect(sequencesOf(readAll(spool)).slice(0, read.length)).to.deep.equal(read);
    spool.settle(spool.next - 3, spool.next - 1);
    await spool.close();
    const lost = losses.filter(({ kind }) => kind === 'lost');
    return { read, losses, lost: lost.flatMap(({ first = 0, last = -1 }) => range(first, last)) };
  }

  it('never ends the process, hangs, or gives a wrong message; what is neither there nor lost had settled', async function () {
    this.timeout(600_000);
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 6 }), async (damages) => {
        const directory = newDirectory();
        fs.cpSync(original, directory, { recursive: true });
        for (const one of damages) {
          const names = fs.readdirSync(directory).filter((name) => name.endsWith('.segment'));
          const name = names[Math.floor(one.file * names.length)];
          if (name !== undefined) apply(join(directory, name), one);
        }
        const first = await open(directory);
        expect([...first.read, ...first.lost].toSorted((a, b) => a - b)).to.deep.equal(PENDING);
        const second = await open(directory);
        expect(second.read).to.deep.equal(first.read);
        expect(second.losses).to.deep.equal([]);
        fs.rmSync(directory, { recursive: true });
      }),
      { numRuns: RUNS, examples: FOUND.map((damages) => [damages]) },
    );
  });

  it('nor when the log is damaged with it', async function () {
    this.timeout(600_000);
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 6 }), async (damages) => {
        const directory = newDirectory();
        fs.cpSync(original, directory, { recursive: true });
        for (const one of damages) {
          const names = fs.readdirSync(directory).filter((name) => !name.endsWith('.lock'));
          const name = names[Math.floor(one.file * names.length)];
          if (name !== undefined) apply(join(directory, name), one);
        }
        const { read, lost } = await open(directory);
        expect(read.filter((sequence) => lost.includes(sequence))).to.deep.equal([]);
        expect(read.every((sequence) => sequence < APPENDED)).to.equal(true);
        fs.rmSync(directory, { recursive: true });
      }),
      { numRuns: RUNS },
    );
  });
});
