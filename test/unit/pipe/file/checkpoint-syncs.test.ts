import fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Position, readCheckpoint, writeCheckpoint } from '../../../../src/pipe/file/checkpoint.ts';
import { Disk } from '../../../support/disk.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';

const at = (offset: number): Position => ({ dev: '1', ino: '2', offset, line: 1, head: { bytes: 0, crc: 0 } });

describe('a checkpoint on a disk that keeps only what was synced', () => {
  const directory = temporaryDirectories();
  let folder: string;
  let path: string;
  let disk: Disk;

  beforeEach(() => {
    folder = directory();
    path = join(folder, 'checkpoint');
    disk = new Disk(folder).install();
  });
  afterEach(() => disk.restore());

  async function afterPowerCut(): Promise<number | undefined> {
    const left = directory();
    disk.cut(left, () => false);
    return (await readCheckpoint(join(left, 'checkpoint')))?.offset;
  }

  it('is there with its content and its name when it counts', async () => {
    for (const offset of [1, 2]) {
      await writeCheckpoint(path, at(offset));
      expect(await afterPowerCut()).to.equal(offset);
      expect(disk.unsyncedNames).to.deep.equal([]);
    }
  });

  for (const failing of [0, 1])
    it(`leaves the one before when sync ${failing} of it fails, and is written whole the next time`, async () => {
      await writeCheckpoint(path, at(1));
      const from = disk.calls.length;
      disk.refuse = (_call, index) => index === from + failing;
      expect(
        await writeCheckpoint(path, at(2)).then(
          () => true,
          () => false,
        ),
      ).to.equal(false);
      expect(await afterPowerCut()).to.equal(1);
      await writeCheckpoint(path, at(3));
      expect(await afterPowerCut()).to.equal(3);
      expect(fs.readdirSync(folder)).to.deep.equal(['checkpoint']);
    });
});
