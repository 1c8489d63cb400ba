import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { deadLetterLine } from '../../../../src/caller/dead-letters/letter-line.ts';
import { deliveredOf, Journal, journalOf } from '../../../../src/cli/dead-letters/journal.ts';
import { replay } from '../../../../src/cli/dead-letters/replay.ts';
import { merge, settleFile } from '../../../../src/cli/dead-letters/settle-file.ts';
import { Disk } from '../../../support/disk.ts';
import { letterFolder, numbered } from '../../../support/letters.ts';

describe('the files of a replay on a disk that keeps only what was synced', () => {
  let folder: string;
  let part: string;
  let disk: Disk;
  const [first, second] = [numbered(1), numbered(2)];
  const text = (...letters: (typeof first)[]) => letters.map((letter) => `${deadLetterLine(letter)}\n`).join('');

  beforeEach(() => {
    folder = letterFolder();
    part = join(folder, 'l.20260101T000000000Z-00000000');
    fs.writeFileSync(part, text(first, second));
    disk = new Disk(folder).install();
  });
  afterEach(() => {
    disk.restore();
    fs.rmSync(folder, { recursive: true });
  });

  /** What a power cut leaves that takes all that was not synced. */
  async function afterPowerCut<T>(look: (part: string) => Promise<T> | T): Promise<T> {
    const left = letterFolder();
    disk.cut(left, () => false);
    const found = await look(join(left, 'l.20260101T000000000Z-00000000'));
    fs.rmSync(left, { recursive: true });
    return found;
  }

  const isDone = (promise: Promise<unknown>) =>
    promise.then(
      () => true,
      () => false,
    );

  it('a journal has its name, and what it says, before a letter counts as delivered', async () => {
    const journal = await Journal.open(part);
    await journal.add('a');
    expect(disk.unsyncedNames).to.deep.equal([]);
    expect(await afterPowerCut(deliveredOf)).to.deep.equal(new Set(['a']));
    await journal.close();
  });

  for (const failing of [1, 2, 3])
    it(`a journal of which sync ${failing} fails is written anew, with all that it said`, async () => {
      fs.writeFileSync(journalOf(part), 'before\nhalf');
      const journal = await Journal.open(part);
      const from = disk.calls.length;
      disk.refuse = (_call, index) => index === from + failing - 1;
      const added = ['before'];
      for (const id of ['a', 'b', 'c']) {
        if (await isDone(journal.add(id))) added.push(id);
        expect([...(await afterPowerCut(deliveredOf))]).to.include.members(added);
      }
      expect(added).to.deep.equal(['before', 'a', 'b', 'c']);
      expect(fs.readdirSync(folder)).to.have.lengthOf(2);
      await journal.close();
    });

  it('a journal that could not be written anew either refuses, and the next time has all of it', async () => {
    const journal = await Journal.open(part);
    disk.refuse = () => true;
    expect(await isDone(journal.add('a'))).to.equal(false);
    disk.refuse = () => false;
    await journal.add('b');
    expect(await afterPowerCut(deliveredOf)).to.deep.equal(new Set(['a', 'b']));
    await journal.close();
  });

  it('what is left of a file is there before its journal is gone', async () => {
    const journal = await Journal.open(part);
    await journal.add(first.id);
    await journal.close();
    const leaving = () => ({ done: new Set([first.id]), changed: new Map() });
    for (const failing of [0, 1]) {
      const from = disk.calls.length;
      disk.refuse = (_call, index) => index === from + failing;
      expect(await isDone(settleFile(part, leaving()))).to.equal(false);
      expect(fs.existsSync(journalOf(part))).to.equal(true);
    }
    disk.refuse = () => false;
    expect(await settleFile(part, leaving())).to.equal(true);
    expect(await afterPowerCut((path) => fs.readFileSync(path, 'utf8'))).to.equal(text(second));
  });

  it('a file of which nothing is left is gone for good before its journal is', async () => {
    const journal = await Journal.open(part);
    await journal.close();
    const leaving = { done: new Set([first.id, second.id]), changed: new Map() };
    const from = disk.calls.length;
    disk.refuse = (_call, index) => index === from + 1;
    expect(await isDone(settleFile(part, leaving))).to.equal(false);
    expect(fs.existsSync(journalOf(part))).to.equal(true);
  });

  it('merged remains are on disk before the older file is removed', async () => {
    const later = join(folder, 'l.20260102T000000000Z-00000000');
    fs.writeFileSync(later, text(second));
    for (const failing of [0, 1]) {
      const from = disk.calls.length;
      disk.refuse = (_call, index) => index === from + failing;
      expect(await isDone(merge(part, later))).to.equal(false);
      expect(fs.existsSync(part)).to.equal(true);
    }
  });

  it('all that a replay has made, renamed and removed is on disk when it ends', async () => {
    const config = join(letterFolder(), 'producers.yaml');
    fs.writeFileSync(config, 'producers:\n  - { type: memory, name: again, topic: t }\n');
    const { signal } = new AbortController();
    await replay({ file: join(folder, 'l'), config, producer: 'again', timeoutMs: 10_000, signal });
    expect(fs.readdirSync(folder)).to.deep.equal(['l']);
    expect(disk.unsyncedNames).to.deep.equal([]);
    fs.rmSync(dirname(config), { recursive: true });
  });
});
