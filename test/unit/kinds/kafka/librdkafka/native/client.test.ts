import { expect } from 'chai';
import { describe, it } from 'mocha';
import { threadsGone } from '../../../../../../src/kinds/kafka/librdkafka/close/destroy.ts';
import { Ledger } from '../../../../../../src/kinds/kafka/librdkafka/close/ledger.ts';
import { Client } from '../../../../../../src/kinds/kafka/librdkafka/native/client.ts';
import { loadNative } from '../../../../../../src/kinds/kafka/librdkafka/native/load.ts';
import { deferred } from '../../../../../../src/shared/util/deferred.ts';

const SOON_MS = 60_000;
/** Of a client without brokers. */
const THREADS = 2;

describe('a client that ends while a call uses it', () => {
  const native = loadNative();
  const create = (ledger: Ledger) => new Client(native, { log_level: '0' }, ledger, () => {});

  it('makes place for another one, and is ended when the call has returned', async () => {
    await threadsGone(native, 0, SOON_MS);
    const ledger = new Ledger();
    const call = deferred();
    create(ledger).closeBehind(call.promise);
    expect(ledger.isEmpty).to.equal(true);
    await create(ledger).close(SOON_MS);
    await threadsGone(native, THREADS, SOON_MS);
    expect(native.rdkafka.threadCount()).to.be.above(0);
    call.resolve();
    await threadsGone(native, 0, SOON_MS);
    expect(native.rdkafka.threadCount()).to.equal(0);
  });
});
