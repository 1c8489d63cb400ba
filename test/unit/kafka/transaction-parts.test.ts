import { expect } from 'chai';
import { PermanentSendError } from '../../../src/errors.ts';
import { TransactionBatch } from '../../../src/producers/kafka/librdkafka/transaction-batch.ts';
import { partsOf, searchOn } from '../../../src/producers/kafka/librdkafka/transaction-parts.ts';
import { PackedBatch } from '../../support/packed-batch.ts';

const batchOf = (count: number, skip?: (index: number) => boolean) =>
  new TransactionBatch(
    new PackedBatch(
      Array.from({ length: count }, () => ({ value: 'x' })),
      skip,
    ),
  );

const indicesOf = (batch: TransactionBatch, from?: number, suspects = 1) =>
  [...partsOf(batch, from === undefined ? undefined : { from, suspects })].map((part) =>
    Array.from({ length: part.size }, (_, index) => index).filter((index) => !part.skip(index)),
  );

describe('the parts of a transaction', () => {
  it('are one where nothing is searched for', () => {
    expect(indicesOf(batchOf(5))).to.deep.equal([[0, 1, 2, 3, 4]]);
  });

  it('are what is before the search, and then one message after the other', () => {
    const batch = batchOf(6, (index) => index === 4);
    expect(indicesOf(batch, batch.sequence + 2)).to.deep.equal([[0, 1], [2], [3], [5]]);
  });

  it('grow with what has been searched, and hold each message once, in order', () => {
    const parts = indicesOf(batchOf(400), 0);
    expect(parts.flat()).to.deep.equal(Array.from({ length: 400 }, (_, index) => index));
    const sizes = parts.map(({ length }) => length);
    expect(sizes.slice(0, 64).every((size) => size === 1)).to.equal(true);
    expect(Math.max(...sizes)).to.be.within(5, 12);
    expect(sizes.length).to.be.below(170);
  });

  it('begin larger among many suspects', () => {
    const sizes = indicesOf(batchOf(500), 100, 400).map(({ length }) => length);
    expect(sizes).to.deep.equal([100, ...Array.from({ length: 20 }, () => 20)]);
    expect(indicesOf(batchOf(200), 100, 100)[1]).to.deep.equal([100]);
  });

  it('are the whole batch where the search was in another one', () => {
    const batch = batchOf(3);
    expect(indicesOf(batch, batch.sequence + 3)).to.deep.equal([[0, 1, 2]]);
    expect(indicesOf(batchOf(0), 0)).to.deep.equal([]);
  });

  it('tell the batch their outcomes', () => {
    const batch = batchOf(2);
    const [first, second] = [...partsOf(batch, { from: batch.sequence, suspects: 2 })];
    first?.delivered(0);
    second?.failed(1, new PermanentSendError('bad'));
    expect([...batch.failures.keys()]).to.deep.equal([1]);
    expect(batch.isComplete).to.equal(true);
  });
});

describe('a search that goes on', () => {
  const before = { from: 400, suspects: 20 };

  it('begins at the first suspect', () => {
    expect(searchOn(undefined, [7, 8, 9], true)).to.include({ from: 7, suspects: 3 });
    expect(searchOn(before, [410, 411], true)).to.include({ from: 410, suspects: 2 });
    expect(searchOn(before, [3, 4], false)).to.include({ from: 3, suspects: 2 });
  });

  it('keeps its place where good messages were only too large together, and sends fewer of them at a time', () => {
    const search = searchOn(
      before,
      Array.from({ length: 400 }, (_, index) => index),
      true,
    );
    expect(search).to.deep.equal({ ...before, together: 100 });
    expect(searchOn(search, [410], true)).to.deep.equal({ from: 410, suspects: 1, together: 100 });
    const sizes = [...partsOf(batchOf(420), search)].map((part) => part.size);
    expect(sizes.slice(0, 5)).to.deep.equal([100, 200, 300, 400, 401]);
  });
});
