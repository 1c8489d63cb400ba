import { expect } from 'chai';
import { Pieces } from '../../../../src/shared/util/pieces.ts';

const SIZES = [0, 1, 2, 255, 256, 257, 4095, 65_535, 65_536, 65_537, 300_000];

describe('pieces', () => {
  for (const step of [1, 7, 1000, 65_536, 1_000_000])
    for (const size of SIZES)
      it(`keep ${size} bytes that come ${step} at a time, in at most twice the memory`, () => {
        const bytes = Buffer.from(Array.from({ length: size }, (_, index) => index * 31));
        const pieces = new Pieces();
        for (let from = 0; from < size; from += step) pieces.add(bytes.subarray(from, from + step));
        expect(Buffer.concat(pieces.blocks).equals(bytes)).to.equal(true);
        expect(pieces.length).to.equal(size);
        expect(pieces.allocated).to.be.at.most(Math.max(256, Math.min(2 * size, size + 65_536)));
        expect(pieces.blocks.length).to.be.at.most(Math.ceil(size / 65_536) + 9);
      });

  it('are of no one else: a part that is overwritten later stays as it was', () => {
    const part = Buffer.from('before');
    const pieces = new Pieces();
    pieces.add(part);
    part.fill('x');
    expect(String(Buffer.concat(pieces.blocks))).to.equal('before');
  });

  it('are empty once they are cleared', () => {
    const pieces = new Pieces();
    pieces.add(Buffer.from('before'));
    pieces.clear();
    pieces.add(Buffer.from('after'));
    expect(String(Buffer.concat(pieces.blocks))).to.equal('after');
    expect(pieces.length).to.equal(5);
  });
});
