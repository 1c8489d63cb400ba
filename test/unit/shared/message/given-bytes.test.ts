import { expect } from 'chai';
import { takenBytes } from '../../../../src/shared/message/given-bytes.ts';

/** Not in the types of ES2022; in Node from 20 on. */
type Growable = SharedArrayBuffer & { grow(bytes: number): void };
const Growable = SharedArrayBuffer as unknown as new (bytes: number, options: { maxByteLength: number }) => Growable;

describe('bytes that a caller gives', () => {
  it('keep the length that they had, where another thread may make their memory larger', () => {
    const memory = new Growable(4, { maxByteLength: 64 });
    const bytes = new Uint8Array(memory);
    const taken = takenBytes(bytes, 'value');
    memory.grow(64);
    expect([bytes.length, taken.length]).to.deep.equal([64, 4]);
  });

  it('are taken as they are where their length is fixed', () => {
    for (const bytes of [new Uint8Array(4), new Uint8Array(new SharedArrayBuffer(4)), Buffer.from('abcd')])
      expect(takenBytes(bytes, 'value')).to.equal(bytes);
  });
});
