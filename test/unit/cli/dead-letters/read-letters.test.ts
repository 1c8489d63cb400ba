import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { deadLetterLine } from '../../../../src/caller/dead-letters/letter-line.ts';
import { type Entry, readDeadLetters } from '../../../../src/cli/dead-letters/read-letters.ts';
import { letterFolder, numbered, numberOf } from '../../../support/letters.ts';

describe('reading a dead-letter file', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = letterFolder();
    path = join(folder, 'l');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function read(content: string | Uint8Array): Promise<Entry[]> {
    writeFileSync(path, content);
    const entries = [];
    for await (const entry of readDeadLetters(path)) entries.push(entry);
    return entries;
  }

  /** A letter's number, `torn`, or the problem from `line:column` on. */
  const inShort = ({ letter, torn, problem }: Entry) =>
    letter ? numberOf(letter.message) : torn ? 'torn' : problem?.replace(`${path}:`, '');

  const line = (number: number) => deadLetterLine(numbered(number));

  it('tells letters, parts of letters and other lines apart, by their places', async () => {
    const half = line(9).slice(0, 50);
    const lines = [line(1), `${half}\u0018`, '\u0018', '', line(2), '{"v":1}', '{"v":1,}', '5', half];
    const entries = await read(lines.join('\n'));
    expect(entries.map(inShort)).to.deep.equal([
      1,
      'torn',
      2,
      "6:1  id  missing key 'id', expected text that is not empty of at most 100 characters",
      '7:8  invalid JSON: expected a key in double quotes',
      '8:1  expected a mapping, got 5',
      'torn',
    ]);
    expect(entries[1]?.place).to.equal(`${path}:2:1`);
  });

  it('takes a last line without its line break, when it is whole', async () => {
    expect((await read(`${line(1)}\n${line(2)}`)).map(inShort)).to.deep.equal([1, 2]);
    expect(await read('')).to.deep.equal([]);
  });

  it('reads lines that are longer than those of `produce send` may be', async () => {
    const letter = { ...numbered(1), reason: 'x'.repeat(17 * 2 ** 20) };
    expect((await read(`${deadLetterLine(letter)}\n${line(2)}\n`)).map(inShort)).to.deep.equal([1, 2]);
  });

  it('never throws, whatever is in the file, and finds every letter that is whole', async () => {
    const noise = fc
      .uint8Array({ maxLength: 60 })
      .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0x0a ? 0 : byte))));
    const cut = fc.nat(600).map((length) => Buffer.from(line(7)).subarray(0, length));
    const flipped = fc.tuple(fc.nat(300), fc.integer({ min: 1, max: 255 })).map(([at, by]) => {
      const bytes = Buffer.from(line(7));
      bytes[at] = (bytes[at] as number) ^ by;
      return bytes;
    });
    const whole = fc.nat(1000).map((number) => Buffer.from(line(number + 1000)));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(noise, cut, flipped, whole), { maxLength: 8 }),
        fc.boolean(),
        async (lines, ended) => {
          const found = await read(
            Buffer.concat(lines.flatMap((bytes) => [bytes, Buffer.from('\n')]).slice(0, ended ? undefined : -1)),
          );
          const numbers = found
            .map(({ letter }) => letter && numberOf(letter.message))
            .filter((number) => (number ?? 0) >= 1000);
          const expected = lines
            .map((bytes) => /"value":"(1\d{3}|2000)"/.exec(bytes.toString())?.[1])
            .filter((number) => number !== undefined);
          expect(numbers).to.deep.equal(expected.map(Number));
        },
      ),
      { numRuns: 200 },
    );
  });
});
