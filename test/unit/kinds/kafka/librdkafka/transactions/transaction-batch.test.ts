import { expect } from 'chai';
import { TransactionBatch } from '../../../../../../src/kinds/kafka/librdkafka/transactions/transaction-batch.ts';
import { PermanentSendError } from '../../../../../../src/shared/errors.ts';
import { PackedBatch } from '../../../../../support/packed-batch.ts';

const RECORDS = [{ value: 'a' }, { value: 'b' }, { value: 'c' }, { value: 'd' }];

describe('a batch in a transaction', () => {
  const build = (skip?: (index: number) => boolean, records: readonly { value: string }[] = RECORDS) => {
    const batch = new PackedBatch(records, skip);
    return { batch, members: new TransactionBatch(batch) };
  };
  const ofSet = new PermanentSendError('one of them is bad', { condemns: 'set' });
  const ofMessage = new PermanentSendError('bad');

  it('says nothing of what was delivered before the commit', () => {
    const { batch, members } = build();
    for (const index of RECORDS.keys()) members.delivered(index);
    expect(members.isComplete).to.equal(true);
    expect(batch.open).to.equal(4);
    members.commit();
    expect([...batch.deliveredAt]).to.deep.equal([0, 1, 2, 3]);
  });

  it('stops at a failure that is not the message’s own, and is not complete', async () => {
    const { batch, members } = build();
    members.delivered(0);
    members.failed(1, ofSet);
    await members.stopped;
    expect(members.awaitsReports).to.equal(true);
    for (const index of [2, 3]) members.delivered(index);
    expect(members.isComplete).to.equal(false);
    expect([...members.failures.keys()]).to.deep.equal([1]);
    expect(batch.failures.size + batch.deliveredAt.size).to.equal(0);
  });

  it('is committed without a message that was refused before it was sent, and names it not', () => {
    const { batch, members } = build();
    members.failed(1, ofMessage);
    expect(members.awaitsReports).to.equal(false);
    for (const index of [0, 2, 3]) members.delivered(index);
    expect(members.isComplete).to.equal(true);
    expect(members.numbers).to.deep.equal([
      [0, 0],
      [2, 3],
    ]);
    members.commit();
    expect([...batch.deliveredAt]).to.deep.equal([0, 2, 3]);
    expect([...batch.failures.keys()]).to.deep.equal([1]);
  });

  it('is never complete in a trial, which holds the messages that it is given', () => {
    const batch = new PackedBatch(RECORDS);
    const members = new TransactionBatch(batch, new Set([1, 3]));
    expect([...RECORDS.keys()].filter((index) => !members.skip(index))).to.deep.equal([1, 3]);
    for (const index of [1, 3]) members.delivered(index);
    expect([...members.taken]).to.deep.equal([1, 3]);
    expect(members.isComplete).to.equal(false);
  });

  it('is not committed without any message', () => {
    const { members } = build();
    for (const index of RECORDS.keys()) members.failed(index, ofMessage);
    expect(members.isComplete).to.equal(false);
  });

  it('is not committed where its mark could not name what is left', () => {
    const { members } = build(
      undefined,
      Array.from({ length: 300 }, () => ({ value: 'x' })),
    );
    for (let index = 0; index < 300; index++)
      if (index % 2 === 0) members.delivered(index);
      else members.failed(index, ofMessage);
    expect(members.isComplete).to.equal(false);
  });

  it('holds the messages whose turn it is, and names them', () => {
    const { members } = build((index) => index === 0 || index === 3);
    expect(members.numbers).to.deep.equal([[1, 2]]);
    for (const index of [1, 2]) members.delivered(index);
    expect(members.isComplete).to.equal(true);
  });

  it('holds no more than its mark can name: the others go in another one', () => {
    const { members } = build(
      (index) => index % 2 === 1,
      Array.from({ length: 300 }, () => ({ value: 'x' })),
    );
    expect(members.numbers).to.have.length(100);
    expect(members.numbers.at(-1)).to.deep.equal([198, 198]);
    expect([198, 199, 200].map((index) => members.skip(index))).to.deep.equal([false, true, true]);
  });

  it('is empty when everything has settled', () => {
    expect(build(() => true).members.isEmpty).to.equal(true);
    expect(build().members.isEmpty).to.equal(false);
  });
});
