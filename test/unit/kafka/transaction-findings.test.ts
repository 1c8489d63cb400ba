import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sendError } from '../../../src/producers/kafka/errors.ts';
import { TransactionBatch } from '../../../src/producers/kafka/librdkafka/transaction-batch.ts';
import { findings } from '../../../src/producers/kafka/librdkafka/transaction-findings.ts';
import { PackedBatch } from '../../support/packed-batch.ts';

const OUT_OF_ORDER = 45;
const BYSTANDER = -138;

/** What a transaction of `size` messages says, in which these failed with these codes. */
function foundIn(size: number, failures: Readonly<Record<number, number>>, trial?: readonly number[]) {
  const batch = new PackedBatch(Array.from({ length: size }, (_, n) => ({ value: String(n) })));
  const members = new TransactionBatch(batch, trial && new Set(trial));
  for (const [index, code] of Object.entries(failures))
    members.failed(Number(index), sendError({ code, name: 'CODE', text: 'refused' }, 'set'));
  const { refused, suspects } = findings(members, () => new Error('denied'));
  return { refused: [...refused.keys()].sort(), suspects };
}

describe('what an aborted transaction says of its messages', () => {
  for (const [name, code] of [
    ['INVALID_RECORD', 87],
    ['INVALID_TIMESTAMP', 32],
  ] as const) {
    it(`the broker has named the bad ones of a set that has others: ${name}`, () => {
      const failures = { 0: BYSTANDER, 1: code, 2: BYSTANDER, 3: code, 4: OUT_OF_ORDER };
      expect(foundIn(6, failures)).to.deep.equal({ refused: [1, 3], suspects: [1, 3] });
    });

    it(`each message of a set without names may be a bad one: ${name}`, () => {
      expect(foundIn(4, { 0: code, 1: code, 2: code })).to.deep.equal({ refused: [], suspects: [0, 1, 2] });
    });

    it(`what a trial has refused is bad: ${name}`, () => {
      expect(foundIn(4, { 1: code, 2: code }, [1, 2, 3])).to.deep.equal({ refused: [1, 2], suspects: [1, 2] });
    });
  }

  it('a set that is too large has none that is named, whatever was refused beside it', () => {
    expect(foundIn(4, { 0: BYSTANDER, 1: 10, 2: 10 })).to.deep.equal({ refused: [], suspects: [1, 2] });
  });
});
