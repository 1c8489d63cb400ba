import { expect } from 'chai';
import { describe, it } from 'mocha';
import { BytePool } from '../../../../../../src/kinds/kafka/librdkafka/consume/byte-pool.ts';
import { loadNative } from '../../../../../../src/kinds/kafka/librdkafka/native/load.ts';
import { NativeMemory } from '../../../../../../src/kinds/kafka/librdkafka/native/memory.ts';

const CHUNK = 65_536;

describe('copies of native memory', () => {
  const native = loadNative();
  const source = new NativeMemory(native.koffi, 2 * CHUNK);
  source.bytes.forEach((_, at) => {
    source.bytes[at] = (at * 31 + (at >> 8)) & 0xff;
  });

  it('tell an absent field from an empty one', () => {
    const pool = new BytePool(native);
    expect(pool.copy(0, 0)).to.equal(null);
    expect(pool.copy(source.address, 0)).to.deep.equal(Buffer.alloc(0));
  });

  it('keep their bytes, whatever is copied after them', () => {
    const pool = new BytePool(native);
    const lengths = [1, 7, 100, 8192, 8193, CHUNK, 2 * CHUNK, 3];
    const copies = Array.from({ length: 64 }, (_, index) => {
      const length = lengths[index % lengths.length] as number;
      const at = Math.min(index, 2 * CHUNK - length);
      return {
        copy: pool.copy(source.address + at, length),
        expected: Buffer.from(source.bytes.slice(at, at + length)),
      };
    });
    source.bytes.reverse();
    for (const { copy, expected } of copies) expect(copy?.equals(expected)).to.equal(true);
    source.bytes.reverse();
  });

  it('share memory while they are small, and have their own when they are large', () => {
    const pool = new BytePool(native);
    const [first, second, large] = [100, 100, 8193].map((length) => pool.copy(source.address, length) as Buffer);
    expect(second?.buffer).to.equal(first?.buffer);
    expect(large?.buffer.byteLength).to.equal(8193);
  });

  it('keep a chunk of 64 KiB at the most alive', () => {
    const pool = new BytePool(native);
    const chunks = new Set(Array.from({ length: 100 }, () => pool.copy(source.address, 8000)?.buffer));
    expect([...chunks].map((chunk) => chunk?.byteLength)).to.deep.equal(Array(chunks.size).fill(CHUNK));
    expect(chunks.size).to.equal(13);
  });

  it('stay where they are when one of them is transferred', () => {
    const pool = new BytePool(native);
    const [first, second] = [100, 100].map((length) => pool.copy(source.address, length) as Buffer);
    const memory = first?.buffer as ArrayBuffer;
    try {
      structuredClone(memory, { transfer: [memory] });
    } catch {
      // Node.js 20 makes a copy, later versions throw.
    }
    expect(memory.byteLength).to.equal(CHUNK);
    for (const copy of [first, second, pool.copy(source.address, 100)])
      expect(copy).to.deep.equal(Buffer.from(source.bytes.slice(0, 100)));
  });
});
