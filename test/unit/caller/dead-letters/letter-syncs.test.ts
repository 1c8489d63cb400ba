import fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { DeadLetterFile } from '../../../../src/caller/dead-letters/letter-file.ts';
import { Disk, type SyncCall } from '../../../support/disk.ts';
import { letterFolder } from '../../../support/letters.ts';

describe('a dead-letter file on a disk that keeps only what was synced', () => {
  let folder: string;
  let path: string;
  let disk: Disk;

  beforeEach(() => {
    folder = letterFolder();
    path = join(folder, 'letters');
    disk = new Disk(folder).install();
  });
  afterEach(() => {
    disk.restore();
    fs.rmSync(folder, { recursive: true });
  });

  /** Begins with an empty folder. */
  function clear(): void {
    for (const name of fs.readdirSync(folder)) fs.rmSync(join(folder, name));
    disk.restore();
    disk = new Disk(folder).install();
  }

  const isData = ({ what }: SyncCall) => what === 'data';
  const isDirectory = ({ what }: SyncCall) => what === 'directory';

  function refuse(which: (call: SyncCall) => boolean, count = 1): void {
    let left = count;
    disk.refuse = (call) => left > 0 && which(call) && left-- > 0;
  }

  const isTaken = (taken: Promise<void>) =>
    taken.then(
      () => true,
      () => false,
    );

  /** The lines that a power cut leaves which takes all that was not synced. */
  function afterPowerCut(chance: () => boolean = () => false): string[] {
    const left = letterFolder();
    disk.cut(left, chance);
    const lines = fs.readdirSync(left).flatMap((name) => fs.readFileSync(join(left, name), 'utf8').split('\n'));
    fs.rmSync(left, { recursive: true });
    return lines;
  }

  it('takes a letter when it is on disk, and its name', async () => {
    await new DeadLetterFile(path, {}).append('one');
    expect(disk.unsyncedNames).to.deep.equal([]);
    expect(afterPowerCut()).to.include('one');
  });

  it('syncs the directory once, and not for each letter', async () => {
    const file = new DeadLetterFile(path, {});
    for (const line of ['one', 'two', 'three']) await file.append(line);
    expect(disk.calls.filter(isDirectory)).to.have.lengthOf(1);
  });

  it('syncs its name again when that has failed', async () => {
    const file = new DeadLetterFile(path, {});
    refuse(isDirectory);
    expect(await isTaken(file.append('one'))).to.equal(false);
    await file.append('two');
    expect(disk.unsyncedNames).to.deep.equal([]);
  });

  it('syncs the name of a file that another process has made', async () => {
    fs.writeFileSync(path, 'one\n');
    await new DeadLetterFile(path, {}).append('two');
    expect(disk.unsyncedNames).to.deep.equal([]);
  });

  it('syncs the names of a file that is full and of the next one', async () => {
    const file = new DeadLetterFile(path, { maxBytes: 5 });
    await file.append('one');
    await file.append('two');
    expect(fs.readdirSync(folder)).to.have.lengthOf(2);
    expect(disk.unsyncedNames).to.deep.equal([]);
  });

  it('moves a full file away with a durable name, before the next one is there', async () => {
    const file = new DeadLetterFile(path, { maxBytes: 5 });
    await file.append('one');
    refuse(isDirectory);
    expect(await isTaken(file.append('two'))).to.equal(false);
    expect(fs.readdirSync(folder).map((name) => name.length)).to.not.include('letters'.length);
    await file.append('two');
    expect(disk.unsyncedNames).to.deep.equal([]);
    expect(afterPowerCut()).to.include.members(['one', 'two']);
  });

  it('goes on in a new file after a failed sync', async () => {
    const file = new DeadLetterFile(path, {});
    await file.append('one');
    refuse(isData);
    expect(await isTaken(file.append('two'))).to.equal(false);
    expect(fs.existsSync(path)).to.equal(false); // also for who opens it next
    await file.append('two');
    await file.append('three');
    expect(fs.readdirSync(folder)).to.have.lengthOf(2);
    expect(afterPowerCut()).to.include.members(['one', 'two', 'three']);
  });

  it('makes no files by trying again and again', async () => {
    const file = new DeadLetterFile(path, {});
    await file.append('one');
    refuse(isData, 5);
    for (let time = 0; time < 5; time++) expect(await isTaken(file.append('two'))).to.equal(false);
    await file.append('two');
    expect(fs.readdirSync(folder)).to.have.lengthOf(2);
    expect(afterPowerCut()).to.include.members(['one', 'two']);
  });

  it('removes nothing that another process has written to a file of which a sync has failed', async () => {
    const file = new DeadLetterFile(path, {});
    disk.refuse = (call) => {
      if (isData(call)) fs.appendFileSync(path, 'of another\n');
      return isData(call);
    };
    expect(await isTaken(file.append('one'))).to.equal(false);
    expect(fs.readdirSync(folder).flatMap((name) => fs.readFileSync(join(folder, name), 'utf8'))).to.deep.equal([
      'one\nof another\n',
    ]);
  });

  it('has no more than one file more than it may when syncs fail, and none of them is lost', async () => {
    const file = new DeadLetterFile(path, { maxFiles: 2 });
    const taken: string[] = [];
    for (let round = 0; round < 6; round++) {
      if (await isTaken(file.append(`${round} taken`))) taken.push(`${round} taken`);
      refuse(isData);
      expect(await isTaken(file.append(`${round} refused`))).to.equal(false);
    }
    expect(fs.readdirSync(folder).length).to.be.within(2, 3);
    expect(afterPowerCut()).to.include.members(taken);
  });

  it('has what it took after every program of letters, failed syncs and a power cut', async () => {
    const step = fc.record({ letters: fc.integer({ min: 1, max: 3 }), fails: fc.nat(5), chance: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        clear();
        const file = new DeadLetterFile(path, { maxBytes: 40, maxFiles: 100 });
        const taken: string[] = [];
        for (const [index, { letters, fails, chance }] of steps.entries()) {
          let call = 0;
          disk.refuse = () => ++call === fails;
          const lines = Array.from({ length: letters }, (_, number) => `letter ${index}.${number}`);
          const all = await Promise.all(lines.map((line) => isTaken(file.append(line))));
          taken.push(...lines.filter((_, number) => all[number]));
          expect(afterPowerCut(() => chance)).to.include.members(taken);
        }
      }),
      { numRuns: 50 },
    );
  });
});
