import { expect } from 'chai';
import { TransactionBatch } from '../../../src/producers/kafka/librdkafka/transaction-batch.ts';
import { PackedBatch } from '../../support/packed-batch.ts';

const RECORDS = [{ value: 'a' }, { value: 'b' }, { value: 'c' }, { value: 'd' }];

describe('a batch in a transaction', () => {
  const build = (skip?: (index: number) => boolean) => {
    const batch = new PackedBatch(RECORDS, skip);
    let failures = 0;
    const members = new TransactionBatch(batch, () => failures++);
    return { batch, members, failures: () => failures };
  };

  it('says nothing of what was delivered before the commit', () => {
    const { batch, members } = build();
    for (const index of RECORDS.keys()) members.delivered(index);
    expect(members.isComplete).to.equal(true);
    expect(batch.open).to.equal(4);
    members.commit();
    expect([...batch.deliveredAt]).to.deep.equal([0, 1, 2, 3]);
  });

  it('delivers nothing when it was aborted, and says what failed', () => {
    const { batch, members, failures } = build();
    members.delivered(0);
    members.failed(1, new Error('bad'));
    expect(failures()).to.equal(1);
    expect(members.isComplete).to.equal(false);
    expect(batch.failures.size).to.equal(0);
    members.abort();
    expect(batch.deliveredAt.size).to.equal(0);
    expect([...batch.failures.keys()]).to.deep.equal([1]);
  });

  it('blames all that it holds, and nothing else, when one of them is refused', () => {
    const { batch, members } = build((index) => index === 2);
    const refused = new Error('one of them is refused');
    members.delivered(0);
    members.refuse(refused);
    expect(members.hasFailed).to.equal(true);
    expect(batch.failures.size).to.equal(0);
    members.abort();
    expect([...batch.failures]).to.deep.equal([0, 1, 3].map((index) => [index, refused]));
    expect(batch.deliveredAt.size).to.equal(0);
  });

  it('holds the messages whose turn it is, and names them', () => {
    const { members } = build((index) => index === 0 || index === 3);
    expect(members.numbers).to.deep.equal([[1, 2]]);
    for (const index of [1, 2]) members.delivered(index);
    expect(members.isComplete).to.equal(true);
  });

  it('holds no more than its mark can name: the others go in another one', () => {
    const batch = new PackedBatch(
      Array.from({ length: 300 }, () => ({ value: 'x' })),
      (index) => index % 2 === 1,
    );
    const members = new TransactionBatch(batch, () => {});
    expect(members.numbers).to.have.length(100);
    expect(members.numbers.at(-1)).to.deep.equal([198, 198]);
    expect([198, 199, 200].map((index) => members.skip(index))).to.deep.equal([false, true, true]);
  });

  it('is empty when everything has settled', () => {
    expect(build(() => true).members.isEmpty).to.equal(true);
    expect(build().members.isEmpty).to.equal(false);
  });
});
