/** How the script puts a platform package in place, in a project of its own. */

import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { searchLibrary } from '../../../src/kinds/kafka/librdkafka/native/locate.ts';
import { runScript } from '../../support/run-script.ts';
import { MUSL, scratchProject, THIS_PLATFORM } from '../../support/scratch-project.ts';
import { temporaryDirectories } from '../../support/temporary.ts';

const LOCATE = new URL('../../../src/kinds/kafka/librdkafka/native/locate.js', import.meta.url).href;

describe('the platform package of a project', () => {
  const { path: library } = searchLibrary(undefined, createRequire(import.meta.url).resolve);
  if (!library.includes('/librdkafka-')) return; // another library needs more than a wheel's may

  const directory = temporaryDirectories();
  const project = () => scratchProject(directory(), library);
  const packagesIn = (root: string) => readdirSync(join(root, 'npm')).filter((name) => name.includes('librdkafka-'));

  it('is not there while its library does not pass the self-test, however often it is made', async () => {
    const { root, link, librdkafka, selfTest } = project();
    selfTest(`throw new Error('no thread');`);
    for (const _ of [1, 2]) {
      const { code, stderr } = await librdkafka('--if-needed');
      expect([code, stderr]).to.deep.equal([
        1,
        `error: ${basename(library)} does not pass the self-test: Error: no thread\n`,
      ]);
      expect(packagesIn(root)).to.deep.equal([]);
      expect(existsSync(link)).to.equal(false);
    }
  });

  it('is refused with the signal that ended the self-test', async () => {
    const { librdkafka, selfTest } = project();
    selfTest(`process.kill(process.pid, 'SIGSEGV'); for (;;);`);
    const { code, stderr } = await librdkafka();
    expect(code).to.equal(1);
    expect(stderr).to.match(/does not pass the self-test: its process was ended by SIGSEGV\n$/);
  });

  it('stays as it was where the new library reports another version', async () => {
    const { root, made, librdkafka, selfTest } = project();
    await librdkafka();
    const before = readdirSync(made);
    selfTest(`return { rdkafka: { versionText: () => '1.0.0' } };`);
    const { code, stderr } = await librdkafka();
    expect(code).to.equal(1);
    expect(stderr).to.match(/^error: the library of scratch\.whl is librdkafka 1\.0\.0, expected 2\./);
    expect(readdirSync(made)).to.deep.equal(before);
    expect(packagesIn(root)).to.deep.equal([`librdkafka-${THIS_PLATFORM}`]);
  });

  it('keeps a correct link, and replaces another one', async () => {
    const { made, link, librdkafka } = project();
    await librdkafka();
    const { mtimeNs } = lstatSync(link, { bigint: true });
    expect(await librdkafka('--if-needed')).to.deep.equal({ code: 0, stderr: '' });
    expect(lstatSync(link, { bigint: true }).mtimeNs).to.equal(mtimeNs);
    rmSync(link);
    symlinkSync('nowhere', link);
    expect(await librdkafka('--if-needed')).to.deep.equal({ code: 0, stderr: '' });
    expect(realpathSync(link)).to.equal(realpathSync(made));
  });

  it('is whole after several builds at once, of which none fails', async () => {
    const { root, made, link, librdkafka } = project();
    for (const flags of [[], ['--if-needed']]) {
      const runs = await Promise.all([1, 2, 3, 4].map(() => librdkafka(...flags)));
      expect(runs.map(({ code }) => code)).to.deep.equal([0, 0, 0, 0]);
    }
    expect(packagesIn(root)).to.deep.equal([`librdkafka-${THIS_PLATFORM}`]);
    expect(readdirSync(dirname(link))).to.deep.equal([basename(link)]);
    expect(realpathSync(link)).to.equal(realpathSync(made));
  });

  it('stays the same file where it would be the same, and is replaced where a file of it differs', async () => {
    const { made, librdkafka } = project();
    const inode = () => lstatSync(made, { bigint: true }).ino;
    await librdkafka();
    const first = inode();
    await librdkafka();
    expect(inode()).to.equal(first);
    writeFileSync(join(made, 'LICENSES.txt'), '');
    await librdkafka();
    expect(readFileSync(join(made, 'LICENSES.txt'), 'utf8')).not.to.equal('');
  });

  it('is made anew where its package.json is torn', async () => {
    const { made, link, librdkafka } = project();
    await librdkafka();
    const manifest = join(made, 'package.json');
    const whole = readFileSync(manifest, 'utf8');
    for (const torn of ['', whole.slice(0, 100), '{}', 'null']) {
      writeFileSync(manifest, torn);
      expect(await librdkafka('--if-needed')).to.include({ code: 0 });
      expect(readFileSync(manifest, 'utf8')).to.equal(whole);
      expect(realpathSync(link)).to.equal(realpathSync(made));
    }
  });

  it('is not linked where it is in another folder', async () => {
    const { link, librdkafka } = project();
    const to = directory();
    for (const flags of [[], ['--if-needed']]) {
      expect(await librdkafka('--to', to, ...flags)).to.include({ code: 0 });
      expect(lstatSync(link, { throwIfNoEntry: false })).to.equal(undefined);
    }
  });

  it('removes what a killed build has left, but not what one may still be writing', async () => {
    const { root, librdkafka } = project();
    for (const name of ['.librdkafka-old', '.librdkafka-young']) mkdirSync(join(root, 'npm', name));
    utimesSync(join(root, 'npm/.librdkafka-old'), 0, 0);
    await librdkafka();
    expect(packagesIn(root)).to.deep.equal(['.librdkafka-young', `librdkafka-${THIS_PLATFORM}`]);
  });

  if (process.platform === 'linux')
    it('is not made from a wheel on musl, where other ways are printed, nor is one for glibc used', async () => {
      const { root, run, librdkafka } = project();
      expect(await librdkafka()).to.include({ code: 0 });
      const bin = directory(); // neither pip nor a library of the system
      const { code, stderr } = await run('librdkafka/main.mjs', ['--if-needed'], { ...MUSL, PATH: bin });
      expect(code).to.equal(1);
      expect(stderr)
        .to.match(/^error: there is no prebuilt librdkafka for linux-\w+-musl\nThese ways /)
        .and.to.contain('apk add librdkafka')
        .and.not.to.contain('npm install');
      expect(packagesIn(root)).to.deep.equal([`librdkafka-${THIS_PLATFORM}`]);
      const locate = `console.log((await import('${LOCATE}')).searchLibrary('').source)`;
      const where = await runScript(['--input-type=module', '--eval', locate], { env: { ...process.env, ...MUSL } });
      expect(where).not.to.contain('platform package');
    });
});
