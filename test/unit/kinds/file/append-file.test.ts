import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { AppendFile } from '../../../../src/kinds/file/append-file.ts';
import { OpenFile } from '../../../../src/kinds/file/open-file.ts';
import { rotate, rotatedFiles } from '../../../../src/shared/files/file-rotation.ts';
import { type LogLine, noting } from '../../../support/engine-rig.ts';
import { mountSmallDisk } from '../../../support/small-disk.ts';
import { refuseStat } from '../../../support/stubbed-calls.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';

const line = (number: number) => `{"topic":"t","value":${number}}\n`;

describe('a file that is appended to', () => {
  const directory = temporaryDirectories();
  const open: AppendFile[] = [];
  let folder: string;
  let path: string;
  let logs: LogLine[];

  beforeEach(() => {
    folder = directory();
    path = join(folder, 'messages.ndjson');
    logs = [];
  });
  afterEach(async () => {
    for (const file of open.splice(0)) await file.close();
  });

  type Settings = Partial<ConstructorParameters<typeof AppendFile>[0]>;

  async function opened(settings: Settings = {}): Promise<AppendFile> {
    const file = new AppendFile({ path, sync: 'always', sync_interval: '1s', ...settings }, noting(logs));
    open.push(file);
    await file.open();
    return file;
  }

  const append = (file: AppendFile, ...numbers: number[]) => file.append(Buffer.from(numbers.map(line).join('')));
  const textOf = (file = path) => readFileSync(file, 'utf8');
  const expected = (...numbers: number[]) => numbers.map(line).join('');

  it('is for its owner alone, and goes on behind what is there', async () => {
    await append(await opened(), 1, 2);
    await append(await opened(), 3);
    expect(textOf()).to.equal(expected(1, 2, 3));
    expect(statSync(path).mode & 0o777).to.equal(0o600);
  });

  it('is made again where it was renamed, with lines before and behind whole (logrotate)', async () => {
    const file = await opened();
    await append(file, 1);
    renameSync(path, `${path}.1`);
    await append(file, 2);
    expect([textOf(`${path}.1`), textOf()]).to.deep.equal([expected(1), expected(2)]);
  });

  it('is found again where another one was put in its place, and where it was emptied (copytruncate)', async () => {
    const file = await opened();
    await append(file, 1);
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
    await append(file, 2);
    renameSync(path, `${path}.2`);
    writeFileSync(path, expected(7));
    await append(file, 8);
    expect([textOf(`${path}.2`), textOf()]).to.deep.equal([expected(2), expected(7, 8)]);
  });

  it('is made again where it was removed, with its folder', async () => {
    const file = await opened();
    await append(file, 1);
    rmSync(folder, { recursive: true });
    expect((await append(file, 2).catch((error) => error)).code).to.equal('ENOENT');
    mkdirSync(folder);
    await append(file, 2);
    expect(textOf()).to.equal(expected(2));
  });

  it('knows that what it writes to has no name any more', async () => {
    const file = await OpenFile.open(path, noting(logs));
    expect(await file.isRemoved()).to.equal(false);
    rmSync(path);
    expect(await file.isRemoved()).to.equal(true);
    await file.close();
  });

  it('begins the next one before it grows beyond its bound, and removes the oldest beyond those that are kept', async () => {
    const file = await opened({ max_bytes: 60, keep_files: 2 });
    for (let number = 0; number < 10; number++) await append(file, number);
    const rotated = await rotatedFiles(path);
    expect([...rotated, path].map((one) => textOf(one))).to.deep.equal([
      expected(4, 5),
      expected(6, 7),
      expected(8, 9),
    ]);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).to.be.at.most(60);
  });

  it('keeps all of them unless told otherwise, and takes what is larger than its bound in a file of its own', async () => {
    const file = await opened({ max_bytes: 30 });
    for (const numbers of [[1], [2, 3, 4], [5]]) await append(file, ...numbers);
    expect([...(await rotatedFiles(path)), path].map((one) => textOf(one))).to.deep.equal([
      expected(1),
      expected(2, 3, 4),
      expected(5),
    ]);
  });

  it('begins the next one where a crash came between the moving away of the full one and that', async () => {
    await append(await opened(), 1, 2);
    await rotate(path);
    expect(readdirSync(folder)).to.have.lengthOf(1);
    await append(await opened({ max_bytes: 60, keep_files: 1 }), 3);
    const rotated = await rotatedFiles(path);
    expect([...rotated, path].map((one) => textOf(one))).to.deep.equal([expected(1, 2), expected(3)]);
  });

  describe('that a crash has left with a torn line', () => {
    it('loses the half of a line of JSON, and says so', async () => {
      writeFileSync(path, `${expected(1)}{"topic":"t","val`);
      await append(await opened(), 2);
      expect(textOf()).to.equal(expected(1, 2));
      expect(logs).to.have.lengthOf(1);
      expect(logs[0]).to.deep.include({ level: 'warn', fields: { path, bytes: 17 } });
    });

    it('loses it also where it is longer than one look, and nothing is before it', async () => {
      writeFileSync(path, `{"topic":"t","value":"${'x'.repeat(300_000)}`);
      await append(await opened(), 1);
      expect(textOf()).to.equal(expected(1));
    });

    it('keeps a line that has everything but its end', async () => {
      writeFileSync(path, expected(1, 2).trimEnd());
      await append(await opened(), 3);
      expect(textOf()).to.equal(expected(1, 2, 3));
    });

    it('keeps what nobody can be sure of, and marks it', async () => {
      for (const [tail, kept] of [
        ['somebody else wrote this', 'somebody else wrote this\u0018\n'],
        ['12', '12\u0018\n'],
      ] as const) {
        writeFileSync(path, tail);
        await append(await opened(), 1);
        expect(textOf()).to.equal(kept + expected(1));
      }
      expect(logs).to.deep.equal([]);
    });

    it('cuts nothing off while another one has the file open', async () => {
      await opened();
      appendFileSync(path, '{"topic":');
      await append(await opened(), 1);
      expect(textOf()).to.equal(`{"topic":\u0018\n${expected(1)}`);
    });
  });

  it('says why it cannot be opened, and never waits for the reader of a pipe', async () => {
    mkdirSync(path);
    expect((await opened().catch((error) => error)).code).to.equal('EISDIR');
    rmSync(path, { recursive: true });
    spawnSync('mkfifo', [path]);
    expect((await opened().catch((error) => error)).message).to.contain("'type: stdout' writes to pipes");
  });

  it('on a full disk takes a piece whole or not at all, and goes on when there is room', async () => {
    const disk = mountSmallDisk(folder, 64);
    if (disk === undefined) {
      const full = new AppendFile({ path: '/dev/full', sync: 'never', sync_interval: '1s' }, noting(logs));
      expect((await append(full, 1).catch((error) => error)).message).to.contain('is a device, not a file');
      return;
    }
    try {
      const file = await opened();
      writeFileSync(join(folder, 'ballast'), Buffer.alloc(40_000));
      await append(file, 1);
      const many = Array.from({ length: 3000 }, (_, number) => number);
      expect((await append(file, ...many).catch((error) => error)).code).to.equal('ENOSPC');
      expect(textOf()).to.equal(expected(1));
      rmSync(join(folder, 'ballast'));
      await append(file, 2);
      expect(textOf()).to.equal(expected(1, 2));
      await file.close();
    } finally {
      disk.remove();
    }
  });

  it('does not take the file for another one when the system does not say which has the name', async () => {
    const file = await opened({ max_bytes: 100 });
    await append(file, 1);
    const refused = refuseStat(path, 'EIO');
    const failure = await append(file, 2).catch((error: unknown) => error);
    refused.restore();
    expect(failure).to.have.property('code', 'EIO');
    await append(file, 2);
    expect(readFileSync(path, 'utf8')).to.equal(line(1) + line(2));
    expect(await rotatedFiles(path)).to.deep.equal([]);
  });
});
