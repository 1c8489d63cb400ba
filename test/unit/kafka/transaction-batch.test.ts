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

  it('holds from the first message to the last that is its turn', () => {
    const { members } = build((index) => index === 0 || index === 3);
    expect(members.range).to.deep.equal({ first: 1, last: 2 });
    for (const index of [1, 2]) members.delivered(index);
    expect(members.isComplete).to.equal(true);
  });

  it('is empty when everything has settled', () => {
    expect(build(() => true).members.isEmpty).to.equal(true);
    expect(build().members.isEmpty).to.equal(false);
  });
});
