import { expect } from 'chai';
import { PermanentSendError, ProducerFencedError, TransientSendError } from '../../../src/errors.ts';
import type { Client } from '../../../src/producers/kafka/librdkafka/client.ts';
import { TransactionMemory } from '../../../src/producers/kafka/librdkafka/transaction-memory.ts';
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
      memory: new TransactionMemory(),
    memory: new TransactionMemory(),
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

describe('a transaction whose messages came back without a reason', () => {
  const TOPIC_FORBIDDEN = 29;
  const NO_COORDINATOR = 15;

  /** Its commit fails with this code, which says why. */
  const refusing = (code: number) =>
    ({
      handle: 1,
      closed: false,
      native: {
        rdkafka: { errorCode: () => code, errorDestroy: () => {} },
        transactions: {
          begin: async () => 0,
          commit: async () => ERROR,
          abort: async () => 0,
          errorText: () => 'refused',
          isFatal: () => 0,
          isRetriable: () => 0,
          needsAbort: () => 1,
          fatalError: () => 0,
        },
      },
    }) as unknown as Client;

  const sent = async (code: number) => {
    const batch = new PackedBatch([{ value: 'a' }, { value: 'b' }]);
    const transactions = new Transactions({
      client: refusing(code),
      transactionalId: 'orders-0',
      timeoutMs: 60_000,
      run: '00ff00ff00ff00ff',
      readMarks: async () => [],
      produce: async () => {},
      purge: () => {},
      memory: new TransactionMemory(),
    memory: new TransactionMemory(),
    });
    await transactions.send(batch);
    return { batch, transactions };
  };

  it('blames all of them where the broker refuses one for good', async () => {
    const { batch, transactions } = await sent(TOPIC_FORBIDDEN);
    expect([...batch.failures.keys()]).to.deep.equal([0, 1]);
    expect(batch.failures.get(0)).to.be.instanceOf(PermanentSendError).and.include({ condemns: 'set' });
    expect(transactions.isBroken).to.equal(false);
  });

  it('blames none of them where it may pass', async () => {
    const { batch } = await sent(NO_COORDINATOR);
    expect(batch.failures.size).to.equal(0);
  });
});
