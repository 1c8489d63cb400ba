/** A followed file, on a real disk: every line once, whatever becomes of the file, and again only what was not safe. */

import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { FileSourceConfig } from '../../../../src/config/sources/schema.ts';
import { ConfigError, PublishError } from '../../../../src/shared/errors.ts';
import { type Clock, systemClock } from '../../../../src/shared/util/clock.ts';
import { deferred } from '../../../../src/shared/util/deferred.ts';
import { FollowedFile } from '../../../support/followed-file.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';
import { until } from '../../../support/until.ts';

/** What the clock of the sources stands at; undefined: it goes. */
let stopped: number | undefined;
const clock: Clock = { ...systemClock, now: () => stopped ?? systemClock.now() };

describe('a followed file', () => {
  const running: Run[] = [];
  let path: string;

  // Before their directories go.
  afterEach(async () => {
    stopped = undefined;
    for (const run of running.splice(0)) await run.end();
  });

  const directory = temporaryDirectories();

  beforeEach(() => {
    path = join(directory(), 'app.log');
  });

  class Run extends FollowedFile {
    constructor(settings: Partial<FileSourceConfig> = {}) {
      super(path, clock, settings);
      running.push(this);
    }
  }

  const started = (settings?: Partial<FileSourceConfig>) => new Run(settings).start();
  const write = (text: string) => appendFileSync(path, text);

  it('is read as it grows, line by line, the last one when it has ended', async () => {
    write('1\n"tw');
    const run = await started();
    await run.has('1');
    write('o"\n3\n');
    await run.has('1', '"two"', '3');
  });

  it('may come later', async () => {
    const run = await started();
    await until(() => run.log.all.includes('waiting for'));
    write('1\n');
    await run.has('1');
  });

  it('goes on where the last run was safe', async () => {
    write('1\n2\n');
    const first = await started();
    await first.has('1', '2');
    await first.end();
    write('3\n');
    await (await started()).has('3');
  });

  it('is read again from the first line that was not safe, and no line before', async () => {
    write('1\n2\n3\n');
    const run = new Run();
    const late = deferred<void>();
    run.sink.fate = async ({ text }) => (text === '2' ? late.promise : undefined);
    await run.start();
    await run.has('1', '2', '3');
    const ending = run.end();
    late.reject(new PublishError('the end', 'undelivered'));
    await ending;
    await (await started()).has('2', '3');
  });

  it('is not read again for a dead letter, which is safe where it is', async () => {
    write('1\n2\n');
    const run = new Run();
    run.sink.fate = async ({ text }) => {
      if (text === '1') throw new PublishError('no', 'dead_lettered');
    };
    await run.start();
    await run.has('1', '2');
    await run.end();
    expect(run.source.counts.outcomes).to.deep.equal({ dead_lettered: 1, delivered: 1 });
    write('3\n');
    await (await started()).has('3');
  });

  it('remembers while it runs: a crash repeats little', async function () {
    this.timeout(120_000);
    write('1\n2\n');
    const run = await started();
    await run.has('1', '2');
    const offset = () => JSON.parse(readFileSync(`${path}.checkpoint`, 'utf8')).offset;
    await until(() => existsSync(`${path}.checkpoint`) && offset() === 4);
    expect(JSON.parse(readFileSync(`${path}.checkpoint`, 'utf8'))).to.include({ version: 1, offset: 4, line: 3 });
    run.sink.fate = () => new Promise(() => {});
    write('3\n');
    await run.has('1', '2', '3');
    expect(offset(), 'never back').to.equal(4);
  });

  it('is remembered before anything of it is safe, as a crash must find it again under another name', async () => {
    write('1\n');
    const run = new Run();
    run.sink.fate = () => new Promise(() => {});
    await run.start();
    await run.has('1');
    expect(JSON.parse(readFileSync(`${path}.checkpoint`, 'utf8'))).to.include({ version: 1, offset: 0, line: 1 });
  });

  it('is read to its end when it is rotated away, and the new one from its start', async () => {
    write('1\n');
    const run = await started();
    await run.has('1');
    renameSync(path, `${path}.1`);
    appendFileSync(`${path}.1`, '2\n3'); // whoever has it open goes on writing, and ends without a line break
    write('4\n');
    await run.has('1', '2', '3', '4');
    expect(run.log.all).not.to.contain('may be lost');
  });

  it('is listened to for a moment after another one has got its name', async () => {
    write('1\n');
    const run = await started();
    await run.has('1');
    stopped = systemClock.now(); // so that the moment lasts
    renameSync(path, `${path}.1`);
    write('4\n');
    await new Promise((resolve) => setTimeout(resolve, 100));
    appendFileSync(`${path}.1`, '2\n');
    await run.has('1', '2');
    stopped = undefined;
    await run.has('1', '2', '4');
  });

  it('is found under the names that rotation gave it while nobody followed, and so are those in between', async () => {
    write('1\n2\n');
    const run = await started();
    await run.has('1', '2');
    await run.end();
    write('3\n');
    renameSync(path, `${path}.2`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    writeFileSync(`${path}.1`, '4\n');
    writeFileSync(`${path}.1.bak`, '"a copy"\n');
    await new Promise((resolve) => setTimeout(resolve, 20));
    write('5\n');
    await (await started()).has('3', '4', '5');
  });

  for (const isFollowed of [true, false])
    it(`is followed by those that were rotated away as well, though none has the name now, ${isFollowed ? 'at once' : 'after a pause'}`, async () => {
      write('1\n');
      const run = await started();
      await run.has('1');
      if (!isFollowed) await run.end();
      else stopped = systemClock.now();
      write('2\n');
      renameSync(path, `${path}.2`);
      writeFileSync(`${path}.1`, '3\n');
      stopped = undefined;
      if (isFollowed) await run.has('1', '2', '3');
      else await (await started()).has('2', '3');
    });

  it('is followed by those that are left when it was deleted meanwhile, in order, and by a word of what may be lost', async () => {
    write('1\n');
    const run = await started();
    await run.has('1');
    stopped = systemClock.now(); // it waits for the last words of the one that it reads
    renameSync(path, `${path}.1`);
    writeFileSync(path, '"lost"\n');
    await new Promise((resolve) => setTimeout(resolve, 20));
    rmSync(path);
    writeFileSync(`${path}.2`, '3\n');
    await new Promise((resolve) => setTimeout(resolve, 20));
    renameSync(`${path}.2`, `${path}.1`); // over the one that is being read
    write('4\n');
    stopped = undefined;
    await run.has('1', '3', '4');
    expect(run.log.all).to.contain(`the file that was read before ${path}.1 has none of the names ${path}.* any more`);
    expect(run.log.all.split('may be lost')).to.have.length(2);
  });

  it('is read from its start when it was cut, and says so', async () => {
    write('1\n2\n');
    const run = await started();
    await run.has('1', '2');
    truncateSync(path);
    write('3\n');
    await run.has('1', '2', '3');
    expect(run.log.all).to.contain('was cut: reading it from its start');
  });

  it('is known for another one when it was written anew and is as long, also over a restart', async () => {
    write('1\n2\n');
    const run = await started();
    await run.has('1', '2');
    await run.end();
    writeFileSync(path, '3\n4\n5\n'); // the same inode
    const again = await started();
    await again.has('3', '4', '5');
    expect(again.log.all).to.contain('was cut or written anew');
    writeFileSync(path, '6\n7\n8\n9\n');
    await again.has('3', '4', '5', '6', '7', '8', '9');
  });

  it('is read from its start when it was cut to a part of what was read', async () => {
    const first = Array.from({ length: 1000 }, (_, index) => String(index));
    write(`${first.join('\n')}\n`);
    const run = await started();
    await run.has(...first);
    truncateSync(path, 10 * 2 + 90 * 3 + 650 * 4); // the numbers up to 749
    write('"new"\n');
    await run.has(...first, ...first.slice(0, 750), '"new"');
  });

  it('is known for another one also after a restart that went on in it', async () => {
    write('1\n2\n');
    const first = await started();
    await first.has('1', '2');
    await first.end();
    write('3\n');
    const run = await started();
    await run.has('3');
    writeFileSync(path, '4\n5\n6\n7\n');
    await run.has('3', '4', '5', '6', '7');
  });

  it('says what it cannot know when the file is gone', async () => {
    write('1\n2\n');
    const run = await started();
    await run.has('1', '2');
    await run.end();
    writeFileSync(`${path}.new`, '3\n');
    rmSync(path);
    renameSync(`${path}.new`, path);
    const again = await started();
    await again.has('3');
    expect(again.log.all).to.contain('the file that was read up to byte 4 is gone');
  });

  it('is read from its end where that is wanted, with the whole of the line that is being written', async () => {
    write('1\n2\n"thr');
    const run = await started({ from: 'end' });
    expect(JSON.parse(readFileSync(`${path}.checkpoint`, 'utf8'))).to.include({ offset: 4, line: 3 });
    write('ee"\n');
    await run.has('"three"');
    await run.end();
    write('4\n');
    await (await started({ from: 'end' })).has('4');
  });

  it('is not lost between two starts from its end', async () => {
    write('1\n');
    await (await started({ from: 'end' })).end();
    write('2\n');
    await (await started({ from: 'end' })).has('2');
  });

  it('ends at a bad line with its place, everything before it safe', async () => {
    write('1\n{"a":}\n3\n');
    const run = await started();
    await until(() => run.error !== undefined);
    expect((run.error as Error).message).to.equal(
      `${path}:2:6  invalid JSON: expected a JSON value ('on_bad_line: skip' passes over such lines)`,
    );
    await run.end();
    expect(JSON.parse(readFileSync(`${path}.checkpoint`, 'utf8'))).to.include({ offset: 2, line: 2 });
  });

  it('goes on behind bad lines where that is wanted, also those that are too long', async () => {
    write(`1\nno\n"${'x'.repeat(100_000)}"\n4\n`);
    const run = await started({ on_bad_line: 'skip', max_line_bytes: '1KiB' });
    await run.has('1', '4');
    expect(run.source.counts.bad).to.equal(2);
    expect(run.log.all).to.contain(`left out: ${path}:2:1  invalid JSON`);
    await run.end();
    write('5\n');
    await (await started()).has('5');
  });

  it('has one follower', async () => {
    await started();
    const second = new Run();
    const error = await second.source.open().catch((thrown) => thrown);
    expect(error).to.be.instanceOf(ConfigError);
    expect(error.message).to.match(/^p\.yaml:1:1 {2}sources\[0\]\.checkpoint {2}.* is in use: another pipeline/);
  });

  it('is not followed from a checkpoint that is none', async () => {
    write('1\n');
    for (const text of ['', '{}', '{"version":2,"dev":"1","ino":"1","offset":0,"line":1,"head":{"bytes":0,"crc":0}}']) {
      writeFileSync(`${path}.checkpoint`, text);
      const run = new Run();
      const error = await run.source.open().catch((thrown) => thrown);
      expect(error, text).to.be.instanceOf(ConfigError);
      expect(error.message).to.contain('is no checkpoint of this version: remove it to begin anew');
      await run.end();
    }
  });

  it('is read no further than there is room', async () => {
    write(Array.from({ length: 15_000 }, (_, index) => `${index}\n`).join(''));
    const run = new Run();
    const gate = deferred<void>();
    run.sink.fate = () => gate.promise;
    await run.start();
    await until(() => run.sink.given.length >= 2000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(run.sink.given).to.have.length(2000);
    gate.resolve();
    await until(() => run.sink.given.length === 15_000);
  });
});
