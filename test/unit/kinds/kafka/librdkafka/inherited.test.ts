/** Clients of a dead worker that the caller's side could not end. */

import { expect } from 'chai';
import { describe, it } from 'mocha';
import { KafkaProducer } from '../../../../../src/kinds/kafka/kafka-producer.ts';
import { LEDGER_BYTES, Ledger } from '../../../../../src/kinds/kafka/librdkafka/close/ledger.ts';
import { Client } from '../../../../../src/kinds/kafka/librdkafka/native/client.ts';
import { loadNative } from '../../../../../src/kinds/kafka/librdkafka/native/load.ts';
import { buildHooks } from '../../../../../src/shared/build-side.ts';
import { quiet } from '../../../../support/quiet.ts';
import { until } from '../../../../support/until.ts';

describe('the clients that a dead worker has left to the next one', () => {
  const native = loadNative();
  const config = {
    type: 'kafka',
    name: 'heir',
    bootstrap_servers: '127.0.0.1:1',
    connect_timeout_seconds: 0.1,
  } as const;

  it('are ended before that makes one of its own, and only then', async () => {
    const ledger = new SharedArrayBuffer(LEDGER_BYTES);
    const before = native.rdkafka.threadCount();
    const parts = Ledger.all(ledger);
    const leave = () => parts.map((part) => new Client(native, { log_level: '0' }, part, () => {}));
    for (const client of leave()) client.wakeup.hold(false);
    const hooks = buildHooks(
      { ledger, log: quiet, tellThrottled: () => {}, tellStatistics: () => {} },
      () => new KafkaProducer(config),
    );
    const connect = () => hooks._connect(AbortSignal.timeout(50)).catch((error: Error) => error);
    expect((await connect())?.message).not.to.contain('have not ended yet');
    await hooks._close();
    expect(parts.map(({ isEmpty }) => isEmpty)).to.deep.equal(parts.map(() => true));
    await until(() => native.rdkafka.threadCount() <= before);

    const own = new Client(native, { log_level: '0' }, parts.at(-1) as Ledger, () => {});
    await connect();
    expect(parts.at(-1)?.isEmpty).to.equal(false);
    await own.close(1000);
    await hooks._close();
  });
});
