/** What a replay does to its files, step by step: whoever is killed between two steps must find everything again. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { deadLetterLine } from '../../../../src/caller/dead-letters/letter-line.ts';
import { deliveredOf, Journal, journalOf } from '../../../../src/cli/dead-letters/journal.ts';
import { filesOf, unsettled } from '../../../../src/cli/dead-letters/letter-files.ts';
import { lock } from '../../../../src/cli/dead-letters/lock.ts';
import { leaveEmpty, replay } from '../../../../src/cli/dead-letters/replay.ts';
import { merge, removeOrphans, settleFile } from '../../../../src/cli/dead-letters/settle-file.ts';
import { survey } from '../../../../src/cli/dead-letters/survey.ts';
import { fullDisk } from '../../../support/full-disk.ts';
import { letterFolder, numbered, numberOf } from '../../../support/letters.ts';

const PART = '.20260101T000000000Z-00000000';
const LATER = '.20260102T000000000Z-00000000';

const readIfThere = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);

describe('the files of a replay', () => {
  let folder: string;
  let file: string;
  let part: string;
  beforeEach(() => {
    folder = letterFolder();
    file = join(folder, 'l');
    part = `${file}${PART}`;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const letters = [1, 2, 3].map((number) => numbered(number));
  const [first, second, third] = letters as [(typeof letters)[0], (typeof letters)[0], (typeof letters)[0]];
  const text = (...lines: (string | (typeof letters)[0])[]) =>
    lines.map((line) => `${typeof line === 'string' ? line : deadLetterLine(line)}\n`).join('');

  const failure = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => expect.fail('it did not fail'),
      (error: Error) => error.message,
    );

  async function numbers(): Promise<number[]> {
    const found = [];
    for await (const { letter } of unsettled(file)) if (letter) found.push(numberOf(letter.message));
    return found;
  }

  it('are read oldest first, without what has been delivered and without repetitions', async () => {
    writeFileSync(part, text(first, second, first));
    writeFileSync(file, text(second, third));
    expect(await numbers()).to.deep.equal([1, 2, 3]);
    writeFileSync(journalOf(part), `${first.id}\n${second.id.slice(0, 9)}`);
    expect(await numbers()).to.deep.equal([2, 3]);
  });

  it('are read where they have been moved to meanwhile', async () => {
    writeFileSync(part, text(first));
    writeFileSync(file, text(second));
    const found = [];
    for await (const { letter } of unsettled(file)) {
      if (letter) found.push(numberOf(letter.message));
      if (found.length > 1) continue;
      renameSync(file, `${file}${LATER}`);
      writeFileSync(part, text(third)); // what has been read is not read again
    }
    expect(found).to.deep.equal([1, 2]);
  });

  it('are not looked for for ever where a name leads nowhere', async () => {
    symlinkSync(join(folder, 'nowhere'), part);
    writeFileSync(file, text(first));
    expect(await failure(numbers()))
      .to.contain(`${part}`)
      .and.contain('does not exist');
  });

  it('are those that a link leads to, also while only parts of them are there', async () => {
    const real = join(folder, 'real');
    mkdirSync(real);
    symlinkSync('real/l', file);
    writeFileSync(join(real, `l${PART}`), text(first));
    expect(await filesOf(file)).to.deep.equal([join(realpathSync(real), `l${PART}`)]);
    writeFileSync(file, text(second));
    expect(await numbers()).to.deep.equal([1, 2]);
    symlinkSync('round', join(folder, 'round'));
    expect(await failure(filesOf(join(folder, 'round')))).to.include('leads round in a circle');
  });

  const ODD: Readonly<Record<string, { readonly make: (path: string) => void; readonly why: string }>> = {
    'a link to a file': {
      make: (path) => {
        writeFileSync(join(folder, 'victim'), `${first.id}\n`);
        symlinkSync('victim', path);
      },
      why: 'is a link, which is not followed here',
    },
    'a link to nothing': { make: (path) => symlinkSync('victim', path), why: 'is a link, which is not followed here' },
    'a pipe': { make: (path) => execFileSync('mkfifo', [path]), why: 'is no regular file' },
    'a folder': { make: (path) => mkdirSync(path), why: 'is a directory' },
  };
  const victim = () => readIfThere(join(folder, 'victim'));
  for (const [name, { make, why }] of Object.entries(ODD)) {
    it(`a journal is no file that others have put there: ${name}`, async () => {
      writeFileSync(part, text(first));
      make(journalOf(part));
      const before = victim();
      expect(await failure(numbers())).to.equal(`${journalOf(part)}:1:1  the file ${why}`);
      expect(await failure(Journal.open(part))).to.equal(`${journalOf(part)}:1:1  the file ${why}`);
      expect(victim()).to.equal(before);
    });

    it(`the file is not left where others have put something: ${name}`, async () => {
      make(file);
      const before = victim();
      expect(await failure(leaveEmpty(file))).to.include(`${file} cannot be written: it ${why}`);
      expect(victim()).to.equal(before);
    });
  }

  it('a journal is read up to 256 MiB', async () => {
    writeFileSync(journalOf(part), '');
    truncateSync(journalOf(part), 256 * 2 ** 20 + 1);
    expect(await failure(deliveredOf(part))).to.equal(`${journalOf(part)}:1:1  the file is larger than 256 MiB`);
  });

  if (process.geteuid?.() === 0)
    it('are not those that a link of another user leads to', async () => {
      const real = join(folder, 'real');
      writeFileSync(real, text(first));
      symlinkSync('real', file);
      lchownSync(file, 12_345, 12_345);
      const refusal = `${file}:1:1  the file is a link that user 12345 has made, which is not followed`;
      expect(await failure(filesOf(file))).to.equal(refusal);
      const config = join(folder, 'p.yaml');
      writeFileSync(config, 'producers:\n  - { type: memory, name: orders }\n');
      const { signal } = new AbortController();
      expect(await failure(replay({ file, config, timeoutMs: 1000, signal }))).to.equal(refusal);
      expect(readdirSync(folder).sort()).to.deep.equal(['l', 'p.yaml', 'real']);
      expect(readFileSync(real, 'utf8')).to.equal(text(first));
    });

  it('stay as they are when the disk is full, and the error says which and what to do', async () => {
    writeFileSync(part, text(first, second));
    const full = await fullDisk('appendFile');
    const message = await failure(settleFile(part, { done: new Set([first.id]), changed: new Map() }));
    full.restore();
    expect(message).to.include(`${part}.rest cannot be written: the disk is full (ENOSPC); no letter is lost`);
    expect(message).to.include('make room, and run the replay again');
    expect(readFileSync(part, 'utf8')).to.equal(text(first, second));
    expect(readdirSync(folder)).to.deep.equal([`l${PART}`]);
  });

  it('a journal goes on behind a line that was cut short', async () => {
    writeFileSync(journalOf(part), `${first.id}\nhalf`);
    const journal = await Journal.open(part);
    await Promise.all([journal.add(second.id), journal.add(third.id)]);
    await journal.close();
    expect([...(await deliveredOf(part))]).to.include.members(letters.map(({ id }) => id));
  });

  it('what is left takes the place of the file: other lines byte for byte, letters as they are now', async () => {
    writeFileSync(part, text(first, 'no letter\t', second, '{"torn\u0018', third));
    writeFileSync(journalOf(part), `${first.id}\n`);
    const changed = { ...third, reason: 'again' };
    const left = await settleFile(part, { done: new Set([first.id]), changed: new Map([[third.id, changed]]) });
    expect(left).to.equal(true);
    expect(readFileSync(part, 'utf8')).to.equal(text('no letter\t', second, changed));
    expect(readdirSync(folder)).to.deep.equal([`l${PART}`]);
  });

  it('a file of which nothing is left is gone, and its journal after it', async () => {
    writeFileSync(part, text(first, first));
    writeFileSync(journalOf(part), `${first.id}\n`);
    expect(await settleFile(part, { done: new Set([first.id]), changed: new Map() })).to.equal(false);
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('small remains of two files go into one, in order; large ones do not', async () => {
    writeFileSync(part, text(first));
    writeFileSync(`${file}${LATER}`, text(second));
    expect(await merge(part, `${file}${LATER}`)).to.equal(true);
    expect(await numbers()).to.deep.equal([1, 2]);
    expect(await filesOf(file)).to.have.lengthOf(1);
    writeFileSync(part, 'x'.repeat(2 ** 20));
    expect(await merge(part, `${file}${LATER}`)).to.equal(false);
    expect(existsSync(part)).to.equal(true);
  });

  it('what a killed replay has left of files that are gone is removed, and nothing else', async () => {
    for (const name of [`${PART}.done`, `${PART}.rest`, `${LATER}.done`, LATER, '.done', '.bak', ''])
      writeFileSync(`${file}${name}`, '');
    await removeOrphans(file);
    expect(readdirSync(folder)).to.have.members(['l', 'l.bak', 'l.done', `l${LATER}`, `l${LATER}.done`]);
  });

  it('are counted by producer, and what is wrong is said up to a bound', async () => {
    writeFileSync(
      file,
      text(numbered(1, 'a'), numbered(2, 'b'), numbered(3, 'b'), ...Array.from({ length: 30 }, () => 'x'), '{\u0018'),
    );
    const found = await survey(file);
    expect(found).to.include({ letters: 3, unreadable: 30, torn: 1 });
    expect([...found.byProducer]).to.deep.equal([
      ['a', 1],
      ['b', 2],
    ]);
    expect(found.problems).to.have.lengthOf(21);
    expect(found.problems[20]).to.equal('… and 11 more such lines');
  });

  it('a part of a file is not a file of its own', async () => {
    writeFileSync(part, text(first));
    expect((await filesOf(part).catch((error) => error)).message).to.contain('is a part of');
    expect((await filesOf(`${file}x`).catch((error) => error)).message).to.equal(
      `${file}x:1:1  the file does not exist`,
    );
  });

  describe('the lock', () => {
    it('is one’s at a time, also in one process, and leaves nothing behind', async () => {
      const unlock = await lock(file);
      const { message } = await lock(file).catch((error) => error);
      expect(message).to.equal(`${file} is being replayed by process ${process.pid} on ${hostname()}`);
      await unlock();
      await (await lock(file))();
      expect(readdirSync(folder)).to.deep.equal([]);
    });

    it('goes to one of many at once, also while it is let go of', async () => {
      let holders = 0;
      let most = 0;
      const hold = async () => {
        const unlock = await lock(file).catch(() => undefined);
        if (unlock === undefined) return false;
        most = Math.max(most, ++holders);
        await new Promise(setImmediate);
        holders--;
        await unlock();
        return true;
      };
      let held = 0;
      for (let round = 0; round < 50; round++)
        held += (await Promise.all(Array.from({ length: 8 }, hold))).filter((had) => had).length;
      expect([most, held >= 50]).to.deep.equal([1, true]);
    });

    it('of a process that was killed is free, whatever it has left', async () => {
      const { dirname: here } = import.meta;
      const module = join(here, '../../../../src/cli/dead-letters/lock.js');
      const script = `await (await import(${JSON.stringify(module)})).lock(${JSON.stringify(file)}); console.log('held'); setInterval(() => {}, 1000);`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
      await once(child.stdout, 'data');
      expect((await lock(file).catch((error) => error)).message).to.contain(`by process ${child.pid}`);
      child.kill('SIGKILL');
      await once(child, 'exit');
      await (await lock(file))();
    });
  });

  describe('of which the system does not say whether they are there', () => {
    /** A link to itself: neither there nor missing. */
    const loop = (path: string) => symlinkSync(path, path);

    it('keep the ids of what was delivered of them', async () => {
      loop(part);
      writeFileSync(journalOf(part), 'id\n');
      expect(await removeOrphans(file).catch(({ cause }: Error) => cause)).to.have.property('code', 'ELOOP');
      expect(existsSync(journalOf(part))).to.equal(true);
    });

    it('are not taken for missing', async () => {
      loop(file);
      writeFileSync(part, `${deadLetterLine(numbered(1))}\n`);
      expect(await filesOf(file).catch((error: unknown) => error)).to.be.instanceOf(Error);
      expect(await filesOf(join(folder, 'elsewhere')).catch(({ message }: Error) => message)).to.contain(
        'does not exist',
      );
    });

    it('say so where the ids cannot be read, instead of sending all again', async () => {
      writeFileSync(part, `${deadLetterLine(numbered(1))}\n`);
      mkdirSync(journalOf(part));
      const failure = await deliveredOf(part).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(Error).with.property('message').that.contains(journalOf(part));
      expect((failure as Error).cause).to.have.property('code', 'EISDIR');
    });
  });
});
