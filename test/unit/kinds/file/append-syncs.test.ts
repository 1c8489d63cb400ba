import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { AppendFile } from '../../../../src/kinds/file/append-file.ts';
import { OpenFile } from '../../../../src/kinds/file/open-file.ts';
import { Disk, type SyncCall } from '../../../support/disk.ts';
import { type LogLine, noting } from '../../../support/engine-rig.ts';
import { openIn } from '../../../support/open-files.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';
import { until } from '../../../support/until.ts';

describe('a file that is appended to, on a disk that keeps only what was synced', () => {
  const directory = temporaryDirectories();
  let folder: string;
  let path: string;
  let disk: Disk;
  let logs: LogLine[];
  let open: AppendFile[];

  beforeEach(() => {
    folder = directory();
    path = join(folder, 'messages');
    disk = new Disk(folder).install();
    logs = [];
    open = [];
  });
  afterEach(async () => {
    disk.refuse = () => false;
    for (const file of open) await file.close();
    disk.restore();
  });

  type Settings = Partial<ConstructorParameters<typeof AppendFile>[0]>;

  async function opened(settings: Settings = {}): Promise<AppendFile> {
    const file = new AppendFile({ path, sync: 'always', sync_interval: '10ms', ...settings }, noting(logs));
    open.push(file);
    await file.open();
    return file;
  }

  const isData = ({ what }: SyncCall) => what === 'data';
  const isDirectory = ({ what }: SyncCall) => what === 'directory';

  function refuse(which: (call: SyncCall) => boolean, count = 1): void {
    let left = count;
    disk.refuse = (call) => left > 0 && which(call) && left-- > 0;
  }

  const append = (file: AppendFile, ...lines: string[]) =>
    file.append(Buffer.from(lines.map((line) => `"${line}"\n`).join(''))).then(
      () => true,
      () => false,
    );

  function afterPowerCut(): string[] {
    const left = directory();
    disk.cut(left, () => false);
    return fs.readdirSync(left).flatMap((name) => fs.readFileSync(join(left, name), 'utf8').match(/\w+/g) ?? []);
  }

  it('syncs the name of a file that it makes, and again when that has failed', async () => {
    refuse(isDirectory);
    expect(
      await opened().then(
        () => true,
        () => false,
      ),
    ).to.equal(false);
    await append(await opened(), 'one');
    expect(disk.unsyncedNames).to.deep.equal([]);
    expect(afterPowerCut()).to.deep.equal(['one']);
  });

  it('leaves nothing open of a file that it has left and that cannot be removed', async () => {
    const file = await opened({ sync: 'interval' });
    expect(await append(file, 'one')).to.equal(true);
    refuse(isData);
    sinon.stub(fs.promises, 'rm').rejects(Object.assign(new Error('EIO: unlink'), { code: 'EIO' }));
    syncBuiltinESMExports();
    await until(() => fs.readdirSync(folder).length > 1);
    await append(file, 'two');
    sinon.restore();
    syncBuiltinESMExports();
    expect(await append(file, 'three')).to.equal(true);
    await file.close();
    expect(openIn(folder)).to.deep.equal([]);
    expect(afterPowerCut()).to.include.members(['one', 'three']);
    expect(logs.filter(({ level }) => level === 'error')).to.deep.equal([]);
  });

  it('syncs the name of a file that another process has made', async () => {
    fs.writeFileSync(path, '"one"\n');
    await opened();
    expect(disk.unsyncedNames).to.deep.equal([]);
  });

  it('syncs the names of a file that is full, and of the next one', async () => {
    const file = await opened({ max_bytes: 8 });
    await append(file, 'one');
    await append(file, 'two');
    expect(fs.readdirSync(folder)).to.have.lengthOf(2);
    expect(disk.unsyncedNames).to.deep.equal([]);
    expect(afterPowerCut()).to.have.members(['one', 'two']);
  });

  it('always: goes on in a new file after a failed sync', async () => {
    const file = await opened();
    await append(file, 'one');
    refuse(isData);
    expect(await append(file, 'two')).to.equal(false);
    expect(fs.existsSync(path)).to.equal(false); // also for who opens it next
    expect(await append(file, 'two', 'three')).to.equal(true);
    expect(afterPowerCut()).to.include.members(['one', 'two', 'three']);
    expect(fs.readFileSync(path, 'utf8')).to.equal('"two"\n"three"\n');
  });

  it('makes no files by trying again and again', async () => {
    const file = await opened();
    await append(file, 'one');
    refuse(isData, 5);
    for (let time = 0; time < 5; time++) expect(await append(file, 'two')).to.equal(false);
    expect(await append(file, 'two')).to.equal(true);
    expect(fs.readdirSync(folder)).to.have.lengthOf(2);
  });

  it('removes no file of which a sync has failed that has lines of another process', async () => {
    const file = await opened();
    disk.refuse = (call) => {
      if (isData(call)) fs.appendFileSync(path, '"another"\n');
      return isData(call);
    };
    expect(await append(file, 'one')).to.equal(false);
    expect(fs.readdirSync(folder)).to.have.lengthOf(1);
  });

  it('writes to no file of which a sync has failed, also when it could not be moved away at once', async () => {
    const file = await opened();
    await append(file, 'one');
    refuse(() => true, 2); // of the file, and of its new name
    expect(await append(file, 'two')).to.equal(false);
    expect(await append(file, 'two')).to.equal(true);
    expect(afterPowerCut()).to.include.members(['one', 'two']);
  });

  it('interval: what had counted as delivered is written again, into a new file', async () => {
    const file = await opened({ sync: 'interval' });
    await append(file, 'one');
    await until(() => disk.calls.some(isData));
    refuse(isData);
    await append(file, 'two', 'three');
    await until(() => logs.length > 0);
    expect(logs.map(({ level, message }) => [level, message])).to.deep.equal([
      ['warn', 'a sync failed: what it should have covered is in a new file'],
    ]);
    expect(afterPowerCut()).to.include.members(['one', 'two', 'three']);
    expect(fs.readFileSync(path, 'utf8')).to.equal('"two"\n"three"\n');
    await append(file, 'four');
    await file.close();
    expect(afterPowerCut()).to.include('four');
    expect(disk.unsyncedNames).to.deep.equal([]);
  });

  it('interval: at the end as well', async () => {
    const file = await opened({ sync: 'interval', sync_interval: '1h' });
    await append(file, 'one');
    refuse(isData);
    await file.close();
    expect(afterPowerCut()).to.deep.equal(['one']);
    expect(fs.readdirSync(folder)).to.deep.equal(['messages']);
  });

  it('interval: takes nothing while the new file cannot be synced either, and then has all of it', async () => {
    const file = await opened({ sync: 'interval', sync_interval: '1h' });
    await append(file, 'one');
    refuse(isData, 2);
    fs.renameSync(path, join(folder, 'rotated')); // then the file is synced and let go
    expect(await append(file, 'two')).to.equal(false);
    expect(await append(file, 'two')).to.equal(true);
    await file.close();
    expect(afterPowerCut()).to.include.members(['one', 'two']);
  });

  it('interval: says what is lost when no file can be synced any more', async () => {
    const file = await opened({ sync: 'interval', sync_interval: '1h' });
    await append(file, 'one');
    disk.refuse = isData;
    await file.close();
    expect(logs.at(-1)).to.include({
      level: 'error',
      message: 'the disk did not take what had counted as delivered since the last sync',
    });
  });

  it('of two syncs at once the second does not believe what the first has lost, nor does a later one', async () => {
    const file = await OpenFile.open(path, noting(logs));
    await file.append(Buffer.from('"one"\n'));
    refuse(isData);
    const both = await Promise.allSettled([file.sync(), file.sync()]);
    expect(both.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
    await file.close();
  });
});
