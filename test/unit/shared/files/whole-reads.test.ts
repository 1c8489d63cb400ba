import fs from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { isThereNow, readWhole, readWholeFrom, statIfThere } from '../../../../src/shared/files/whole-reads.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';

const CONTENT = Buffer.from(Array.from({ length: 200 }, (_, at) => at));

describe('reading a file whole', () => {
  const directory = temporaryDirectories();
  let path: string;
  let handle: FileHandle;

  beforeEach(async () => {
    path = join(directory(), 'file');
    fs.writeFileSync(path, CONTENT);
    handle = await open(path, 'r');
  });
  afterEach(async () => {
    sinon.restore();
    await handle.close();
  });

  /** Every third call is refused, the others read 7 bytes at most. */
  function hamper(code: string): void {
    let calls = 0;
    const refused = () => ++calls % 3 === 0;
    const error = () => Object.assign(new Error(code), { code });
    const now = fs.readSync;
    sinon.stub(fs, 'readSync').callsFake(((
      fd: number,
      target: Buffer,
      ...[from, length, at]: [number, number, number]
    ) => {
      if (refused()) throw error();
      return now(fd, target, from, Math.min(length, 7), at);
    }) as typeof fs.readSync);
    const later = handle.read.bind(handle);
    sinon.stub(handle, 'read').callsFake((async (target: Buffer, ...[from, length, at]: [number, number, number]) => {
      if (refused()) throw error();
      return later(target, from, Math.min(length, 7), at);
    }) as unknown as typeof handle.read);
  }

  const ways = {
    'at once': async (target: Buffer, at: number) => readWhole(handle.fd, target, at),
    'by a handle': (target: Buffer, at: number) => readWholeFrom(handle, target, at),
  };

  for (const [way, read] of Object.entries(ways)) {
    it(`reads on behind a part, and after an interruption (${way})`, async () => {
      hamper('EINTR');
      const target = Buffer.alloc(100);
      expect(await read(target, 50)).to.equal(100);
      expect(target).to.deep.equal(CONTENT.subarray(50, 150));
    });

    it(`returns what there is where the file ends (${way})`, async () => {
      hamper('EINTR');
      const target = Buffer.alloc(100);
      expect(await read(target, 180)).to.equal(20);
      expect(target.subarray(0, 20)).to.deep.equal(CONTENT.subarray(180));
      expect(await read(target, 1000)).to.equal(0);
    });

    it(`takes no other error for the end (${way})`, async () => {
      hamper('EIO');
      const failure = await read(Buffer.alloc(100), 0).catch((error: unknown) => error);
      expect(failure).to.have.property('code', 'EIO');
    });
  }

  it('takes nothing but the absence of a file for its absence', async () => {
    const folder = directory();
    const loop = join(folder, 'loop');
    fs.symlinkSync(loop, loop);
    expect(isThereNow(path)).to.equal(true);
    expect((await statIfThere(path))?.size).to.equal(200);
    for (const missing of [join(folder, 'nothing'), join(path, 'below a file')]) {
      expect(isThereNow(missing)).to.equal(false);
      expect(await statIfThere(missing)).to.equal(undefined);
    }
    expect(() => isThereNow(loop)).to.throw('ELOOP');
    expect(await statIfThere(loop).catch((error: unknown) => error)).to.have.property('code', 'ELOOP');
  });
});
