/** Followed files whose identity is hard to tell: recreated under the same inode, full of NULs after a cut, behind links. */

import {
  appendFileSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { FollowedFile, fastClock } from '../../../support/followed-file.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';

/** Longer than what is remembered of a file's start. */
const BANNER = `${Array.from({ length: 400 }, () => '"banner"').join('\n')}\n`;
const BANNERS = BANNER.trimEnd().split('\n');

describe('a followed file that is not what it was', function () {
  this.timeout(300_000);
  const runs: FollowedFile[] = [];
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = directory();
    path = join(folder, 'app.log');
  });
  afterEach(async () => {
    for (const run of runs.splice(0)) await run.end();
  });
  const directory = temporaryDirectories();

  async function followed(): Promise<FollowedFile> {
    const run = new FollowedFile(path, fastClock(20));
    runs.push(run);
    return run.start();
  }

  /** Same inode, same first kilobytes, and longer than what was read. */
  function recreate(): void {
    const fd = openSync(path, 'r+');
    ftruncateSync(fd);
    writeSync(fd, `${BANNER}"new, and longer than the line before it"\n"newer"\n`);
    closeSync(fd);
  }

  const AFTER = [...BANNERS, '"new, and longer than the line before it"', '"newer"'];

  it('is read from its start when it begins with the same banner, after a restart', async () => {
    writeFileSync(path, `${BANNER}"old"\n`);
    const first = await followed();
    await first.has(...BANNERS, '"old"');
    await first.end();
    recreate();
    const second = await followed();
    await second.has(...AFTER);
    expect(second.log.all).to.contain('was cut or written anew');
  });

  it('is read from its start when it begins with the same banner, while it is read', async () => {
    writeFileSync(path, `${BANNER}"old"\n`);
    const run = await followed();
    await run.has(...BANNERS, '"old"');
    recreate();
    await run.has(...BANNERS, '"old"', ...AFTER);
    expect(run.log.all).to.contain('was cut');
  });

  for (const before of [10, 5000, 200_000])
    it(`is read behind the ${before} NULs of a writer that does not append`, async () => {
      const fd = openSync(path, 'w');
      const line = `"${'x'.repeat(before - 3)}"`;
      writeSync(fd, `${line}\n`);
      const run = await followed();
      await run.has(line);
      truncateSync(path);
      writeSync(fd, '1\n2\n', before);
      await run.has(line, '1', '2');
      expect(run.log.all).to.contain(`begins with ${before} bytes U+0000`);
      await run.end();
      writeSync(fd, '3\n', before + 4);
      closeSync(fd);
      const second = await followed();
      await second.has('3');
    });

  describe('behind a link', () => {
    let pods: string;
    const target = (name: string) => join(pods, name);
    const lead = (name: string) => {
      symlinkSync(target(name), `${path}.to`);
      renameSync(`${path}.to`, path);
    };

    beforeEach(() => {
      pods = join(folder, 'pods');
      mkdirSync(pods);
      lead('0.log');
    });

    it('is followed by what the target was rotated to, and the new target', async () => {
      writeFileSync(target('0.log'), '1\n');
      const first = await followed();
      await first.has('1');
      await first.end();
      for (const [line, name] of [
        ['2\n', '0.log.20261129-100000'],
        ['3\n', '0.log.20261129-110000'],
      ] as const) {
        appendFileSync(target('0.log'), line);
        renameSync(target('0.log'), target(name));
      }
      appendFileSync(target('0.log'), '4\n');
      const second = await followed();
      await second.has('2', '3', '4');
      expect(second.log.all).not.to.contain('may be lost');
    });

    for (const when of ['while it is read', 'while nothing follows'])
      it(`is read to its end when the link is moved ${when}, with what was rotated before that`, async () => {
        writeFileSync(target('0.log'), '1\n');
        let run = await followed();
        await run.has('1');
        if (when === 'while nothing follows') await run.end();
        appendFileSync(target('0.log'), '2\n');
        renameSync(target('0.log'), target('0.log.1'));
        writeFileSync(target('0.log'), '3\n');
        writeFileSync(target('1.log'), '4\n');
        lead('1.log');
        if (when === 'while nothing follows') {
          run = await followed();
          await run.has('2', '3', '4');
        } else await run.has('1', '2', '3', '4');
        expect(run.log.all).not.to.contain('may be lost');
      });

    it('is waited for where the link leads nowhere yet', async () => {
      const run = await followed();
      rmSync(path);
      writeFileSync(target('1.log'), '1\n');
      lead('1.log');
      await run.has('1');
    });
  });
});
