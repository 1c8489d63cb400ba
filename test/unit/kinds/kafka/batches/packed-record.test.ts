import { expect } from 'chai';
import { describe, it } from 'mocha';
import { BatchMemory, PackedRecord, readHeaders } from '../../../../../src/kinds/kafka/batches/packed-record.ts';
import { RECORD_HEADER_BYTES, WORD } from '../../../../../src/shared/memory/record.ts';
import { packRecord } from '../../../../support/packed-batch.ts';

const headers = [['name', 'value']] as const;
const sound = () => packRecord({ topic: 'topic', key: 'key', value: 'value', headers });

function read(bytes: Buffer, offset = 0): PackedRecord {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  const record = new PackedRecord();
  const memory = new BatchMemory(copy, 4096);
  record.read(memory, offset);
  readHeaders(memory, record);
  return record;
}

describe('reading packed records for C', () => {
  it('finds the parts of a sound record', () => {
    const { topicAt, keyAt, valueAt, headersAt, single } = read(sound());
    expect([topicAt, keyAt, valueAt, headersAt]).to.deep.equal([40, 45, 48, 53]);
    expect(single).to.equal(true);
  });

  const numbers = [-2, 60, 0x7fff_ffff, -0x8000_0000];
  for (const word of ['topicLength', 'keyLength', 'valueLength', 'headersLength', 'headerCount'] as const) {
    for (const number of numbers) {
      it(`refuses ${number} as ${word}`, () => {
        const bytes = sound();
        bytes.writeInt32LE(number, WORD[word] * 4);
        expect(() => read(bytes)).to.throw(/corrupt record/);
      });
    }
  }

  for (const size of [0, 39, 1 << 20, -8]) {
    it(`refuses ${size} as the size`, () => {
      const bytes = sound();
      bytes.writeInt32LE(size, WORD.size * 4);
      expect(() => read(bytes)).to.throw(/corrupt record/);
    });
  }

  it('refuses a header whose name has no end, and one that is longer than the headers', () => {
    const headersAt = RECORD_HEADER_BYTES + 'topickeyvalue'.length;
    const endless = sound();
    endless[headersAt + 8 + 'name'.length] = 1;
    expect(() => read(endless)).to.throw(/its headers/);
    for (const length of [100, 0xffff_ffff]) {
      const long = sound();
      long.writeUInt32LE(length, headersAt);
      expect(() => read(long)).to.throw(/its headers/);
    }
  });

  it('refuses offsets outside the memory and between records', () => {
    for (const offset of [4, 72, 1 << 30]) expect(() => read(sound(), offset)).to.throw(/corrupt record/);
  });

  /** What stands at a place that is none looks like a record, so that only the place can be to blame. */
  it('refuses a sound record between two places', () => {
    for (const offset of [4, 12]) {
      const shifted = Buffer.concat([Buffer.alloc(offset), sound(), Buffer.alloc(8)]);
      expect(() => read(shifted, offset)).to.throw('it lies outside');
    }
    const whole = Buffer.concat([Buffer.alloc(8), sound()]);
    expect(read(whole, 8).topicAt).to.equal(48);
  });

  it('refuses a partition below -1, and takes -1 and 0', () => {
    const withPartition = (partition: number) => {
      const bytes = sound();
      bytes.writeInt32LE(partition, WORD.partition * 4);
      return bytes;
    };
    for (const partition of [-2, -0x8000_0000])
      expect(() => read(withPartition(partition))).to.throw('a negative length');
    expect([-1, 0].map((partition) => read(withPartition(partition)).partition)).to.deep.equal([-1, 0]);
  });

  it('refuses a header whose value is shorter than none', () => {
    const headersAt = RECORD_HEADER_BYTES + 'topickeyvalue'.length;
    for (const length of [-2, -0x8000_0000]) {
      const bytes = sound();
      bytes.writeInt32LE(length, headersAt + 4);
      expect(() => read(bytes)).to.throw('its headers');
    }
    const none = sound();
    none.writeInt32LE(-1, headersAt + 4);
    expect(read(none).headerCount).to.equal(1);
  });

  it('refuses lengths below those that mean none, each where nothing else is wrong', () => {
    const bare = packRecord({ value: null });
    for (const word of ['keyLength', 'valueLength'] as const) {
      const bytes = Buffer.from(bare);
      bytes.writeInt32LE(-2, WORD[word] * 4);
      expect(() => read(bytes)).to.throw('a negative length');
    }
  });

  it('refuses memory that is not aligned', () => {
    const memory = new Uint8Array(new SharedArrayBuffer(64), 4);
    expect(() => new BatchMemory(memory, 4096)).to.throw(/multiple of 8/);
  });
});
