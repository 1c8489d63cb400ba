import {
  appendFileSync,
  mkdirSync,
  promises,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import sinon from 'sinon';
import { DeadLetterFile, deadLetterFile } from '../../../../src/caller/dead-letters/letter-file.ts';
import { ConfigError } from '../../../../src/shared/errors.ts';
import { originOf, rotate, rotatedFiles } from '../../../../src/shared/files/file-rotation.ts';
import { fullDisk } from '../../../support/full-disk.ts';
import { letterFolder, numbered } from '../../../support/letters.ts';
import { refuseStat } from '../../../support/stubbed-calls.ts';
import { until } from '../../../support/until.ts';

describe('a dead-letter file', () => {
  let folder: string;
  let path: string;
  const { signal } = new AbortController();

  beforeEach(() => {
    folder = letterFolder();
    path = join(folder, 'letters.ndjson');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const linesIn = (file: string) => readFileSync(file, 'utf8').split('\n').slice(0, -1);
  const all = () =>
    readdirSync(folder)
      .sort()
      .flatMap((name) => linesIn(join(folder, name)));

  it('is for its owner alone, has a line for each letter in order, and is there when the letter counts', async () => {
    const target = deadLetterFile(path);
    await Promise.all([1, 2, 3].map((number) => target(numbered(number), signal)));
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    expect(linesIn(path).map((line) => JSON.parse(line).message.value)).to.deep.equal(['1', '2', '3']);
    await target(numbered(4), signal);
    expect(linesIn(path)).to.have.lengthOf(4);
  });

  it('knows its file where the system gives the time of the last change as that of the birth', async () => {
    const handle = await promises.open(folder);
    const prototype = Object.getPrototypeOf(handle);
    await handle.close();
    const unborn = (real: (...args: unknown[]) => Promise<Stats>) =>
      async function (this: unknown, ...args: unknown[]) {
        const stats = await real.apply(this, args);
        return Object.assign(stats, { birthtimeMs: stats.ctimeMs });
      };
    for (const on of [promises, prototype]) sinon.replace(on, 'stat', unborn(on.stat));
    syncBuiltinESMExports();
    try {
      const file = new DeadLetterFile(path, {});
      for (const letter of ['1', '2']) {
        await sleep(5); // so that the write changes the time
        await file.append(letter);
      }
    } finally {
      sinon.restore();
      syncBuiltinESMExports();
    }
    expect(all()).to.deep.equal(['1', '2']);
  });

  it('goes on behind what is there', async () => {
    await new DeadLetterFile(path, {}).append('1');
    await new DeadLetterFile(path, {}).append('2');
    expect(linesIn(path)).to.deep.equal(['1', '2']);
  });

  it('ends what a crash has left of a line, so that the next letter has a line of its own', async () => {
    writeFileSync(path, '{"whole":1}\n{"torn":');
    await new DeadLetterFile(path, {}).append('{"next":1}');
    expect(readFileSync(path, 'utf8')).to.equal('{"whole":1}\n{"torn":\u0018\n{"next":1}\n');
  });

  it('begins the next one before it grows beyond its bound, and loses nothing', async () => {
    const file = new DeadLetterFile(path, { maxBytes: 25, maxFiles: 10 });
    for (let number = 0; number < 12; number++) await file.append(`letter ${number}`);
    const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
    expect(Math.max(...sizes)).to.be.at.most(25);
    const rotated = await rotatedFiles(path);
    expect([...rotated, path].flatMap(linesIn)).to.deep.equal(
      Array.from({ length: 12 }, (_, number) => `letter ${number}`),
    );
    expect(rotated.every((name) => originOf(name) === path)).to.equal(true);
  });

  it('splits what comes at once, too', async () => {
    const file = new DeadLetterFile(path, { maxBytes: 25, maxFiles: 100 });
    await Promise.all(Array.from({ length: 30 }, (_, number) => file.append(`letter ${number}`)));
    expect(all()).to.have.lengthOf(30);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).to.be.at.most(25);
  });

  it('takes a letter that is larger than its bound, in a file of its own', async () => {
    const file = new DeadLetterFile(path, { maxBytes: 25 });
    for (const line of ['a', 'x'.repeat(100), 'b']) await file.append(line);
    expect(readdirSync(folder)).to.have.lengthOf(3);
  });

  it('takes none when all its files are full, removes none, and goes on when one is taken away', async () => {
    const file = new DeadLetterFile(path, { maxBytes: 10, maxFiles: 2 });
    await file.append('letter 0');
    await file.append('letter 1');
    const refused = await file.append('letter 2').catch((error) => error);
    expect(refused.message).to.match(/letters\.ndjson is full \(2 of 2 files of 10 bytes\): replay it/);
    expect(all().sort()).to.deep.equal(['letter 0', 'letter 1']);
    for (const name of await rotatedFiles(path)) rmSync(name);
    await file.append('letter 2');
    expect(all().sort()).to.deep.equal(['letter 1', 'letter 2']);
  });

  it('says so when it cannot be written, and goes on when it can', async () => {
    mkdirSync(path);
    const file = new DeadLetterFile(path, {});
    expect((await file.append('1').catch((error) => error)).code).to.equal('EISDIR');
    rmSync(path, { recursive: true });
    await file.append('2');
    expect(linesIn(path)).to.deep.equal(['2']);
  });

  it('on a full disk takes nothing, and says why', async () => {
    const file = new DeadLetterFile(path, {});
    await file.append('0');
    const full = await fullDisk('write');
    const refused = await file.append('1').catch((error) => error);
    full.restore();
    expect(refused.code).to.equal('ENOSPC');
  });

  it('writes again what may have come too late for whoever took the file away', async () => {
    const file = new DeadLetterFile(path, {});
    const taken: string[] = [];
    let isOver = false;
    let number = 0;
    const take = async () => {
      for (let round = 0, last = -1; !isOver; round++) {
        // Once for each line at the most, however slow the machine is: a writer that is always too late gives up, and says so.
        await until(() => number > last || isOver);
        last = number;
        await sleep(round % 10);
        const away = `${path}.away-${round}`;
        try {
          renameSync(path, away);
        } catch {
          continue;
        }
        taken.push(...linesIn(away));
        rmSync(away);
      }
    };
    const taking = take();
    try {
      for (; number < 1000; number++) await file.append(String(number));
    } finally {
      isOver = true;
      await taking;
    }
    const found = new Set([...taken, ...all()]);
    expect(
      Array.from({ length: 1000 }, (_, number) => String(number)).filter((line) => !found.has(line)),
    ).to.deep.equal([]);
  });

  it('names what it moves away by time, behind all others, whatever the clock says', async () => {
    writeFileSync(`${path}.29991231T235959999Z-00000000`, 'old\n');
    writeFileSync(path, 'new\n');
    await rotate(path);
    expect((await rotatedFiles(path)).flatMap(linesIn)).to.deep.equal(['old', 'new']);
    expect(await rotate(path)).to.equal(undefined);
    appendFileSync(`${path}.bak`, 'nobody knows');
    expect(await rotatedFiles(path)).to.have.lengthOf(2);
  });

  it('does not write a letter again and again where the system does not say whether the file is still there', async () => {
    const file = new DeadLetterFile(path, {});
    await file.append('1');
    const refused = refuseStat(path, 'EIO');
    const failure = await file.append('2').catch((error: unknown) => error);
    refused.restore();
    expect(failure).to.have.property('code', 'EIO');
    expect(linesIn(path)).to.deep.equal(['1', '2']);
  });

  it('refuses bounds that make no sense', () => {
    for (const options of [{ maxFiles: 0 }, { maxFiles: 1.5 }, { maxBytes: 0 }, { maxBytes: '5 parsecs' }])
      expect(() => deadLetterFile(path, options), JSON.stringify(options)).to.throw(ConfigError);
    expect(() => deadLetterFile('')).to.throw(ConfigError, 'expected the path of a file');
  });
});
