import fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { Segment } from '../../../../src/spool/segments/segment.ts';
import { rewriteSegment } from '../../../../src/spool/segments/segment-copy.ts';
import { sealRecovered } from '../../../../src/spool/segments/segment-writer.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';

describe('a segment file under single faults', () => {
  const directory = temporaryDirectories();
  const content = Buffer.from(Array.from({ length: 4096 }, (_, index) => index % 251));

  function segmentOf(bytes: number): Segment {
    const segment = new Segment(directory(), 0, 1);
    segment.bytes = bytes;
    fs.writeFileSync(segment.path, content);
    return segment;
  }

  afterEach(() => sinon.restore());

  for (const most of [1, 7, 4096])
    it(`is copied whole where the system reads ${most} bytes at once or is interrupted`, async () => {
      const segment = segmentOf(1000);
      const read = fs.readSync;
      let calls = 0;
      sinon.stub(fs, 'readSync').callsFake(((
        fd: number,
        target: Buffer,
        ...[offset, length, at]: [number, number, number]
      ) => {
        if (++calls % 3 === 1) throw Object.assign(new Error('interrupted'), { code: 'EINTR' });
        return read(fd, target, offset, Math.min(length, most), at);
      }) as typeof fs.readSync);
      expect(await rewriteSegment(segment, () => true)).to.equal(true);
      sinon.restore();
      expect(fs.readFileSync(segment.path).equals(content.subarray(0, 1000))).to.equal(true);
      expect(fs.readdirSync(join(segment.path, '..'))).to.have.lengthOf(1);
    });

  it('reports why its seal could not be written, also where it cannot be cut back either', () => {
    const segment = segmentOf(4096);
    const failing = (name: 'writevSync' | 'ftruncateSync', code: string) =>
      sinon.stub(fs, name).throws(Object.assign(new Error(code), { code }));
    failing('writevSync', 'ENOSPC');
    failing('ftruncateSync', 'EIO');
    expect(() => sealRecovered(segment)).to.throw(/seal it.*ENOSPC/s);
    expect(segment.bytes).to.equal(4096);
  });
});
