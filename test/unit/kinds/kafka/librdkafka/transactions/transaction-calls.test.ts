import { expect } from 'chai';
import { describe, it } from 'mocha';
import sinon from 'sinon';
import type { Client } from '../../../../../../src/kinds/kafka/librdkafka/native/client.ts';
import { TransactionCalls } from '../../../../../../src/kinds/kafka/librdkafka/transactions/transaction-calls.ts';
import { deferred } from '../../../../../../src/shared/util/deferred.ts';

const NO_ERROR = 0;
const ERROR = 1;
const CONFLICT = -173;
/** librdkafka's main thread may be without a processor for long, where all are busy. */
const STARVED_MS = 500;

/** A client whose calls are `calls`; their errors can be tried again. */
const clientOf = (calls: Record<string, (...args: number[]) => Promise<number>>) =>
  ({
    handle: 1,
    purge: () => {},
    native: {
      rdkafka: { errorCode: () => CONFLICT, errorDestroy: () => {} },
      offsets: { listNew: () => 2, listDestroy: () => {}, groupNew: () => 3, groupDestroy: () => {} },
      transactions: {
        ...calls,
        errorText: () => 'another call is in progress',
        isFatal: () => 0,
        isRetriable: () => 1,
        needsAbort: () => 0,
      },
    },
  }) as unknown as Client;

describe('calls of a transactional client', () => {
  it('are all over before it may be destroyed, also one of an attempt that was given up', async () => {
    const stuck = deferred<number>();
    const calls = new TransactionCalls(clientOf({ sendOffsets: () => stuck.promise, begin: async () => ERROR }));
    const first = calls.sendOffsets(0, 0, () => true);
    await calls.begin().catch(() => {});
    const closed = sinon.spy();
    const closing = calls.close().then(closed);
    await new Promise(setImmediate);
    expect(closed.called).to.equal(false);
    stuck.resolve(NO_ERROR);
    await Promise.all([first, closing]);
  });

  it('end with an abort that is short and not repeated, where the client is of no more use', async () => {
    const abort = sinon.fake.resolves(ERROR);
    const failure = await new TransactionCalls(clientOf({ abort })).abortLast().catch((error: unknown) => error);
    expect(failure).to.include({ code: CONFLICT });
    expect(abort.callCount).to.equal(1);
    expect(abort.firstCall.args[1]).to.be.below(STARVED_MS);
  });

  for (const name of ['commit', 'abort'] as const)
    it(`${name} leaves the client's main thread the time to begin it, as its first step cannot be resumed`, async () => {
      const call = sinon.fake.resolves(NO_ERROR);
      await new TransactionCalls(clientOf({ [name]: call }))[name](() => true);
      expect(call.firstCall.args[1]).to.be.above(STARVED_MS);
    });

  for (const name of ['commit', 'abort'] as const) {
    it(`${name} goes on where it timed out and is under way: the client takes no other call`, async () => {
      const call = sinon.stub().resolves(NO_ERROR).onFirstCall().resolves(ERROR);
      const sendOffsets = sinon.fake.resolves(ERROR);
      await new TransactionCalls(clientOf({ [name]: call, sendOffsets }))[name](() => true);
      expect([call.callCount, sendOffsets.callCount]).to.deep.equal([2, 1]);
    });

    it(`${name} is not repeated where the client's main thread had no time to begin it`, async () => {
      const call = sinon.fake.resolves(ERROR);
      const calls = new TransactionCalls(clientOf({ [name]: call, sendOffsets: async () => NO_ERROR }));
      expect(await calls[name](() => true).catch((error: unknown) => error)).to.include({ code: CONFLICT });
      expect(call.callCount).to.equal(1);
    });
  }
});
