import { crc32 } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { recordCrc } from '../../../../src/spool/segments/record-crc.ts';

describe('the CRC of a record', () => {
  it("is zlib's, for every size and seed", () => {
    const arbitrary = fc.tuple(
      fc.uint8Array({ minLength: 16, maxLength: 600 }),
      fc.nat(1),
      fc.integer({ min: 0, max: 0xffffffff }),
    );
    fc.assert(
      fc.property(arbitrary, ([content, skipped, seed]) => {
        const bytes = content.slice(0, content.length & ~7);
        const memory = { bytes, words: new Int32Array(bytes.buffer) };
        const offset = 8 * skipped;
        const size = bytes.length - offset;
        expect(recordCrc(memory, offset, size, seed)).to.equal(crc32(bytes.subarray(offset), seed));
      }),
    );
  });
});
