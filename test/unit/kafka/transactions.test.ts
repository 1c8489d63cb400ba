import { expect } from 'chai';
import { ProducerFencedError, TransientSendError } from '../../../src/errors.ts';
import type { Client } from '../../../src/producers/kafka/librdkafka/client.ts';
import { Transactions } from '../../../src/producers/kafka/librdkafka/transactions.ts';
import type { Batch } from '../../../src/transport.ts';
import { PackedBatch } from '../../support/packed-batch.ts';

const FENCED = -144;
const ERROR = 1;

/** A client whose transactions begin, and cannot be aborted because somebody has the id. */
const client = {
  handle: 1,
  closed: false,
  native: {
    rdkafka: { errorCode: () => FENCED, errorDestroy: () => {} },
    transactions: {
      begin: async () => 0,
      abort: async () => ERROR,
      errorText: () => 'fenced by a newer instance',
      isFatal: () => 1,
      isRetriable: () => 0,
      needsAbort: () => 0,
      fatalError: () => FENCED,
    },
  },
} as unknown as Client;

describe('a transaction whose messages failed and that cannot be aborted', () => {
  const transactions = (timeoutMs: number) =>
    new Transactions({
      client,
      transactionalId: 'orders-0',
      timeoutMs,
      run: '00ff00ff00ff00ff',
      readMarks: async () => [],
      produce: async (batch: Batch) => batch.failed(0, new TransientSendError('old epoch')),
      purge: () => {},
    });

  it('was fenced: the producer ends, whatever the messages say, and does not take the id back', async () => {
    const batch = new PackedBatch([{ value: 'a' }]);
    const error = await transactions(60_000)
      .send(batch)
      .catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ProducerFencedError);
    expect(batch.failures.size).to.equal(0);
  });

  it('was ended by the broker for its age: that is no fence, and another client goes on', async () => {
    const batch = new PackedBatch([{ value: 'a' }]);
    const aged = transactions(-1);
    await aged.send(batch);
    expect([...batch.failures.keys()]).to.deep.equal([0]);
    expect(aged.isBroken).to.equal(true);
    const next = await aged.send(new PackedBatch([{ value: 'b' }])).catch((reason: unknown) => reason);
    expect(next).to.be.instanceOf(TransientSendError).and.include({ needsReset: true });
  });
});
