import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sendError } from '../../../../../../src/kinds/kafka/errors/errors.ts';
import { TransactionBatch } from '../../../../../../src/kinds/kafka/librdkafka/transactions/transaction-batch.ts';
import { findings } from '../../../../../../src/kinds/kafka/librdkafka/transactions/transaction-findings.ts';
import { PackedBatch } from '../../../../../support/packed-batch.ts';

const OUT_OF_ORDER = 45;
const BYSTANDER = -138;
const INVALID_RECORD = 87;

interface Failures {
  readonly codes: Readonly<Record<number, number>>;
  readonly named?: readonly number[];
  readonly trial?: readonly number[];
}

/** What a transaction of six messages says, in which these failed with these codes. */
function foundIn({ codes, named = [], trial }: Failures) {
  const batch = new PackedBatch(Array.from({ length: 6 }, (_, n) => ({ value: String(n) })));
  const members = new TransactionBatch(batch, trial && new Set(trial));
  for (const [index, code] of Object.entries(codes)) {
    const error = sendError({ code, name: 'CODE', text: 'refused' }, 'set');
    members.failed(Number(index), named.includes(Number(index)) ? Object.assign(error, { isNamed: true }) : error);
  }
  const { refused, suspects } = findings(members, () => new Error('denied'));
  return { refused: [...refused.keys()].sort(), suspects };
}

describe('what an aborted transaction says of its messages', () => {
  it('those that a broker has named among others of their set are bad, and those of a set without names may be', () => {
    const codes = { 0: BYSTANDER, 1: INVALID_RECORD, 2: OUT_OF_ORDER, 3: INVALID_RECORD, 4: INVALID_RECORD };
    expect(foundIn({ codes, named: [1] })).to.deep.equal({ refused: [1], suspects: [1, 3, 4] });
  });

  it('each message of a set without names may be a bad one, and the only one of it is', () => {
    expect(foundIn({ codes: { 0: INVALID_RECORD, 1: INVALID_RECORD } }).refused).to.deep.equal([]);
    expect(foundIn({ codes: { 5: INVALID_RECORD } }).refused).to.deep.equal([5]);
  });

  it('what a trial has refused is bad', () => {
    const codes = { 1: INVALID_RECORD, 2: INVALID_RECORD };
    expect(foundIn({ codes, trial: [1, 2, 3] })).to.deep.equal({ refused: [1, 2], suspects: [1, 2] });
  });
});
