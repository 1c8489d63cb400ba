import { expect } from 'chai';
import { type Chunk, chunksOf } from '../../../../src/kinds/common/line-chunks.ts';
import { PackedBatch } from '../../../support/packed-batch.ts';

const MIB = 2 ** 20;

/** What each chunk of a batch with values of these sizes has. */
function chunks(sizes: readonly number[], skip: (index: number) => boolean = () => false): Chunk[] {
  const batch = new PackedBatch(
    sizes.map((size) => ({ value: 'x'.repeat(size) })),
    skip,
  );
  const toLine = (message: { readonly value: Uint8Array | null }) => {
    if (message.value?.length === 3) throw new Error('no line');
    return Buffer.from(message.value ?? []);
  };
  return [...chunksOf(batch, toLine)];
}

describe('a batch as lines', () => {
  it('goes by as few writes as 1 MiB each allows', () => {
    expect(chunks([1, 2, 1]).map(({ indices, ends }) => [indices, ends])).to.deep.equal([
      [
        [0, 1, 2],
        [1, 3, 4],
      ],
    ]);
    const large = chunks([MIB - 1, 1, 5, MIB]);
    expect(large.map(({ indices, bytes }) => [indices, bytes.length])).to.deep.equal([
      [[0, 1], MIB],
      [[2, 3], MIB + 5],
    ]);
  });

  it('leaves out messages whose turn it is not, and may be empty', () => {
    expect(chunks([1, 1, 1], (index) => index === 1).map(({ indices }) => indices)).to.deep.equal([[0, 2]]);
    expect(chunks([1], () => true)).to.deep.equal([]);
  });

  it('ends at a message that is no line, with those before it', () => {
    const [only, ...others] = chunks([1, 3, 1]);
    expect(others).to.deep.equal([]);
    expect(only).to.deep.include({ indices: [0], ends: [1] });
    expect(only?.refused).to.include({ index: 1 });
  });
});
