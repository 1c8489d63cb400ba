/** The script that makes the platform packages. What it downloads is not downloaded here. */

import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { searchLibrary } from '../../../src/kinds/kafka/librdkafka/native/locate.ts';
import { REPOSITORY } from '../../support/repository.ts';
import { temporaryDirectories } from '../../support/temporary.ts';

const FOLDER = join(REPOSITORY, 'scripts/librdkafka');
const LOCK = JSON.parse(readFileSync(join(REPOSITORY, 'npm/librdkafka.lock.json'), 'utf8'));
const THIS = `${process.platform}-${process.arch}`;

const imported = (name: string) => import(pathToFileURL(join(FOLDER, name)).href);

interface Ended {
  readonly code: number;
  readonly stderr: string;
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const given = { ...process.env, OUTSPOOL_LIBRDKAFKA: '', ...env };
    execFile(process.execPath, [join(FOLDER, 'main.mjs'), ...args], { env: given }, (error, _stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stderr }),
    );
  });
}

describe('the platform packages', () => {
  const directory = temporaryDirectories();

  it('are not made from a wheel whose sum is not the one of the lock file, and both sums are named', async () => {
    const [wheels, to] = [directory(), directory()];
    const { file, sha256 } = LOCK.wheels['linux-x64'];
    writeFileSync(join(wheels, file), 'another wheel');
    const { code, stderr } = await run(['linux-x64', '--wheels', wheels, '--to', to]);
    expect(code).to.equal(1);
    expect(stderr).to.contain(`${file} is not the wheel`).and.to.contain(`expected ${sha256}`);
    expect(stderr)
      .to.contain('sum is 05b2aae756f20a4fdd567cbcc5e69a4ff51c212abb659210d49102b7f337857c')
      .and.not.to.contain('These ways');
    expect(readdirSync(to)).to.deep.equal([]);
  });

  it('are replaced by other ways where there is no pip, each with its commands', async () => {
    const { code, stderr } = await run([...(LOCK.wheels[THIS] ? [] : ['linux-x64']), '--to', directory()], {
      PATH: directory(),
    });
    expect(code).to.equal(1);
    expect(stderr)
      .to.match(/^error: there is no pip/)
      .and.to.contain(`npm install --no-save @outspool/librdkafka-${THIS}@${LOCK.version}\n`)
      .and.to.match(/pip download .*--only-binary=:all: .*confluent-kafka==/)
      .and.to.match(/(apt-get|brew) install librdkafka.*\n.*export OUTSPOOL_LIBRDKAFKA=/)
      .and.to.contain('npm run librdkafka -- --from-source\n');
  });

  it("name what pip reports, where it finds nothing, and keep pip's other lines to themselves", async () => {
    const bin = directory();
    writeFileSync(join(bin, 'pip3'), '#!/bin/sh\necho noise >&2\necho "ERROR: no network" >&2\nexit 1\n', {
      mode: 0o755,
    });
    const { code, stderr } = await run(['linux-x64', '--to', directory()], { PATH: bin });
    expect(code).to.equal(1);
    expect(stderr)
      .to.match(/^error: pip3 could not download .*\.whl: ERROR: no network\n/)
      .and.not.to.contain('noise');
  });

  it('are not compiled where a tool is missing', async () => {
    const bin = directory();
    const { code, stderr } = await run(['--from-source', '--to', directory()], { PATH: bin });
    expect([code, stderr]).to.deep.equal([
      1,
      'error: librdkafka cannot be compiled without gcc, g++, make, python3, tar\n',
    ]);
  });

  it('are not needed where the caller names a library', async () => {
    const env = { PATH: directory(), OUTSPOOL_LIBRDKAFKA: '/some/librdkafka.so.1' };
    expect(await run(['--if-needed', '--to', directory()], env)).to.deep.equal({ code: 0, stderr: '' });
  });

  const made = join(REPOSITORY, 'npm', `librdkafka-${THIS}`);
  if (existsSync(made))
    it('hold one library, its licences and no script, for one system', () => {
      const manifest = JSON.parse(readFileSync(join(made, 'package.json'), 'utf8'));
      const { name, os, cpu, libc, main, librdkafka } = manifest;
      expect({ name, os, cpu, libc }).to.deep.equal({
        name: `@outspool/librdkafka-${THIS}`,
        os: [process.platform],
        cpu: [process.arch],
        libc: process.platform === 'linux' ? ['glibc'] : undefined,
      });
      expect(manifest).not.to.have.any.keys('scripts', 'dependencies');
      expect(librdkafka.sha256).to.match(/^[0-9a-f]{64}$/);
      expect(readdirSync(made).sort()).to.deep.equal(['LICENSES.txt', 'README.md', main, 'package.json'].sort());
    });

  it('have the licence of every part of the library', () => {
    const licences = readFileSync(join(REPOSITORY, 'npm/LICENSES-librdkafka.txt'), 'utf8');
    for (const part of [
      'librdkafka - Apache Kafka C driver',
      'OpenSSL',
      'zlib',
      'zstd',
      'curl',
      'LZ4',
      'xxHash',
      'snappy',
      'cJSON',
    ])
      expect(licences.toLowerCase(), part).to.contain(part.toLowerCase());
  });
});

describe('the headers of a library', () => {
  const { path } = searchLibrary(undefined, createRequire(import.meta.url).resolve);
  if (process.platform !== 'linux' || !path.includes('/librdkafka-')) return; // another library needs more than glibc

  const content = readFileSync(path);
  const patched = (from: string, to: string) => {
    const copy = Buffer.from(content);
    for (let at = copy.indexOf(from); at >= 0; at = copy.indexOf(from, at + 1)) copy.write(to, at, 'latin1');
    return copy;
  };
  const checked = async (library: Buffer, platform = THIS) => {
    const { checkLibrary } = await imported('check.mjs');
    try {
      return checkLibrary(library, platform);
    } catch (error) {
      return `${error}`;
    }
  };

  it('have its machine, its needs and every function that outspool calls', async () => {
    const { calledFunctions } = await imported('check.mjs');
    expect(await checked(content)).to.include({ arch: process.arch, isShared: true });
    expect(calledFunctions()).to.include('rd_kafka_produce_batch').and.to.have.length.above(80);
  });

  const OTHER = process.arch === 'x64' ? 'arm64' : 'x64';
  it('tell another machine, another system, another file', async () => {
    expect(await checked(content, `linux-${OTHER}`)).to.contain(`it is for ${process.arch}`);
    expect(await checked(content, 'darwin-x64')).to.contain('another format');
    expect(await checked(Buffer.alloc(1000))).to.contain('another format');
  });

  it('tell a function that is missing, a newer glibc, and a library that is not part of it', async () => {
    expect(await checked(patched('rd_kafka_purge\0', 'rd_kafka_p_rge\0'))).to.match(/it has no rd_kafka_purge$/);
    expect(await checked(patched('GLIBC_2.28\0', 'GLIBC_2.38\0'))).to.contain('it needs GLIBC_2.38');
    expect(await checked(patched('libm.so.6\0', 'libz.so.6\0'))).to.contain('it needs libz.so.6');
  });
});
