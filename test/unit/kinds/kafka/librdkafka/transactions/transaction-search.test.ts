import { expect } from 'chai';
import {
  searchFor,
  searchOn,
  setBytesAfter,
  trialOf,
} from '../../../../../../src/kinds/kafka/librdkafka/transactions/transaction-search.ts';
import { PackedBatch } from '../../../../../support/packed-batch.ts';

const batchOf = (sizes: readonly number[], skip?: (index: number) => boolean) =>
  new PackedBatch(
    sizes.map((bytes) => ({ value: 'x'.repeat(bytes) })),
    skip,
  );
const members = (batch: ReturnType<typeof trialOf>) =>
  Array.from({ length: batch.size }, (_, index) => index).filter((index) => !batch.skip(index));
const verdicts = (refused: readonly number[], taken: readonly number[]) => {
  return { refused: new Set(refused), taken: new Set(taken) };
};

describe('the search for bad messages of a transaction', () => {
  const sizes = [100, 900, 100, 500, 100];

  it('tries the largest messages first where sets were too large, and no more than are answered soon', () => {
    const many = batchOf(Array.from({ length: 200 }, (_, index) => 8 * (index + 1)));
    const trial = trialOf(many, searchFor(many, [...Array(200).keys()], 'size'));
    expect(members(trial)).to.deep.equal(Array.from({ length: 32 }, (_, nth) => 168 + nth));
  });

  it('tries all suspects where another reason was given, but those that have an outcome', () => {
    const batch = batchOf(sizes, (index) => index === 1);
    expect(members(trialOf(batch, searchFor(batch, [0, 1, 3], 'content')))).to.deep.equal([0, 3]);
  });

  it('goes on with larger messages than the largest that was taken, and ends when there are none', () => {
    const batch = batchOf(sizes);
    const search = searchFor(batch, [0, 1, 2, 3, 4], 'size');
    expect(searchOn(search, batch, verdicts([1], [])).suspects).to.deep.equal([3, 0, 2, 4]);
    expect(searchOn(search, batch, verdicts([1], [0])).suspects).to.deep.equal([3]);
    expect(searchOn(search, batch, verdicts([1], [3])).suspects).to.deep.equal([]);
  });

  it('goes on with smaller ones where sets are compressed, more of them at once, until a bad one is found', () => {
    const batch = batchOf(Array.from({ length: 200 }, () => 100));
    const search = searchFor(batch, [...Array(200).keys()], 'compressed size');
    const next = searchOn(search, batch, verdicts([], members(trialOf(batch, search))));
    expect(members(trialOf(batch, next))).to.deep.equal(Array.from({ length: 128 }, (_, nth) => 32 + nth));
    expect(searchOn(next, batch, verdicts([40], [32])).suspects).to.deep.equal([]);
  });

  it('goes on with what has no answer where every answer was a refusal', () => {
    const batch = batchOf(sizes);
    const search = searchFor(batch, [0, 1, 3], 'content');
    expect(searchOn(search, batch, verdicts([0], [])).suspects).to.deep.equal([1, 3]);
    expect(searchOn(search, batch, verdicts([], [0])).suspects).to.deep.equal([1, 3]);
    expect(searchOn(search, batch, verdicts([1], [0])).suspects, 'a broker names several').to.deep.equal([]);
  });

  it('has sets become smaller only where no bad message was found', () => {
    const batch = batchOf(sizes);
    const before = searchFor(batch, [0, 1, 2, 3, 4], 'size');
    const none = verdicts([], [1]);
    expect(setBytesAfter(searchOn(before, batch, none), batch, none, 1000)).to.equal(250);
    expect(setBytesAfter(searchOn(before, batch, none), batch, none, 1), 'one message').to.equal(1);
    const other = searchFor(batch, [0, 1], 'content');
    const found = verdicts([0], [1]);
    expect(setBytesAfter(searchOn(other, batch, found), batch, found, 1000)).to.equal(1000);
  });

  it('has no set as large as a message that was refused for its size', () => {
    const batch = batchOf(sizes);
    const found = verdicts([3], [1]);
    const search = searchOn(searchFor(batch, [0, 1, 2, 3, 4], 'size'), batch, found);
    expect(setBytesAfter(search, batch, found, 100_000)).to.be.within(500, 600);
    expect(setBytesAfter(search, batch, found, 400)).to.equal(400);
  });
});
