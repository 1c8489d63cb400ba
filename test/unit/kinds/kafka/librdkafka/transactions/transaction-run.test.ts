/** The end of a transaction of which everything was taken. */

import { expect } from 'chai';
import { TransactionBatch } from '../../../../../../src/kinds/kafka/librdkafka/transactions/transaction-batch.ts';
import {
  type RunContext,
  runTransaction,
} from '../../../../../../src/kinds/kafka/librdkafka/transactions/transaction-run.ts';
import { deferred } from '../../../../../../src/shared/util/deferred.ts';
import { PackedBatch } from '../../../../../support/packed-batch.ts';

const WHY = new Error('broker 2 has left');

/** Each step is noted when it begins; `agreed` and the mark end when the test says so. */
function rig() {
  const steps: string[] = [];
  const [agreed, marked] = [deferred(), deferred()];
  const state = { hasDeparted: false };
  const step = (name: string, end: Promise<unknown> = Promise.resolve()) => {
    steps.push(name);
    return end;
  };
  const members = new TransactionBatch(new PackedBatch([{ value: 'x', topic: 'open' }]));
  const context = {
    calls: { begin: () => step('begin'), commit: () => step('commit'), abort: () => step('abort') },
    offsets: { with: () => step('mark', marked.promise) },
    patience: () => true,
    agreed: () => step('agree', agreed.promise),
    hasDeparted: () => state.hasDeparted,
    earlyTopic: undefined,
    mark: () => ({}),
    produce: async () => members.delivered(0),
    recall: () => step('recall'),
    purge: () => step('purge'),
  } as unknown as RunContext;
  return { steps, agreed, marked, members, state, running: runTransaction(members, context) };
}

describe('the end of a transaction', () => {
  it('comes when brokers agree: before that, a coordinator could wait for one that hangs', async () => {
    const { steps, agreed, marked, running } = rig();
    await new Promise(setImmediate);
    expect(steps).to.deep.equal(['begin', 'agree']);
    agreed.resolve();
    marked.resolve();
    expect(await running).to.equal(undefined);
    expect(steps).to.deep.equal(['begin', 'agree', 'mark', 'commit']);
  });

  for (const hangs of ['agreed', 'marked'] as const)
    it(`is not waited for once the transaction is left to another client, while this hangs: ${hangs}`, async () => {
      const { steps, members, state, running, ...ends } = rig();
      if (hangs === 'marked') ends.agreed.resolve();
      await new Promise(setImmediate);
      const before = [...steps];
      state.hasDeparted = true;
      members.leave(WHY);
      expect(await running.catch((error: unknown) => error)).to.equal(WHY);
      ends[hangs].resolve();
      await new Promise(setImmediate);
      expect(steps, 'no call begins any more, and the mark that the next client reads decides').to.deep.equal(before);
    });
});
