import { expect } from 'chai';
import type sinon from 'sinon';
import { AttemptMark } from '../../../src/shared/attempt-mark.ts';
import { TransientSendError } from '../../../src/shared/errors.ts';
import { FLAG_REPORT } from '../../../src/shared/memory/record.ts';
import type { DeliverySettings, ToCaller } from '../../../src/shared/protocol.ts';
import type { Batch, Transport } from '../../../src/shared/transport.ts';
import { HOLD_MS } from '../../../src/worker/deliveries.ts';
import { LoopHost } from '../../../src/worker/loop-host.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { leaseOf, numbered, slotOf } from '../../support/leases.ts';

const SETTINGS: DeliverySettings = {
  topic: 'topic',
  errorTopic: 'errors',
  maxRetries: 1,
  maxResets: Number.POSITIVE_INFINITY,
  backoffMs: 1000,
  connectTimeoutMs: 1000,
  attemptTimeoutMs: 1000,
};

/** A transport whose outcomes the test decides. */
class Manual implements Transport {
  batch: Batch | undefined;
  end: () => void = () => {};

  _connect(): void {}

  _send(): void {}

  _sendBatch(batch: Batch): Promise<void> {
    this.batch = batch;
    return new Promise((resolve) => {
      this.end = resolve;
    });
  }

  _interrupt(): void {
    this.end();
  }

  _close(): void {}
}

describe('a delivery in a lease that is not over', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  /** A worker that attempts three messages of one lease, and what it has said since. */
  async function rigOf(flags = 0) {
    const transport = new Manual();
    const said: ToCaller[] = [];
    const start = { run: 'run', settings: SETTINGS, attempt: new AttemptMark().shared };
    const host = new LoopHost(transport, start, (message) => void said.push(message));
    const running = host.run();
    host.receive({ type: 'lease', leases: [leaseOf(slotOf(numbered(3), flags))] });
    await clock.tickAsync(0);
    said.length = 0;
    const types = () => said.map(({ type }) => type).filter((type) => type !== 'log');
    return { host, running, said, types, transport, batch: transport.batch as Batch };
  }

  it('is reported a moment later, together with those that followed it', async () => {
    const { batch, types, said } = await rigOf();
    batch.delivered(0);
    await clock.tickAsync(HOLD_MS - 1);
    batch.delivered(1);
    expect(types()).to.deep.equal([]);
    await clock.tickAsync(1);
    expect(said).to.deep.equal([{ type: 'delivered', ranges: [[0, 2]], reports: [] }]);
    await clock.tickAsync(10 * HOLD_MS);
    expect(types()).to.deep.equal(['delivered']);
  });

  it('is held anew after a report', async () => {
    const { batch, types } = await rigOf();
    batch.delivered(0);
    await clock.tickAsync(5 * HOLD_MS);
    batch.delivered(1);
    await clock.tickAsync(HOLD_MS - 1);
    expect(types()).to.deep.equal(['delivered']);
    await clock.tickAsync(1);
    expect(types()).to.deep.equal(['delivered', 'delivered']);
  });

  it('is reported in the turn in which the lease is over', async () => {
    const { batch, types } = await rigOf();
    for (const index of [0, 1, 2]) batch.delivered(index);
    await clock.tickAsync(0);
    expect(types()).to.deep.equal(['delivered']);
  });

  it('is reported in its turn where a caller waits for it, with what is held', async () => {
    const { batch, said } = await rigOf(FLAG_REPORT);
    batch.delivered(0);
    await clock.tickAsync(0);
    expect(said).to.deep.equal([{ type: 'delivered', ranges: [[0, 2]], reports: [{ sequence: 0 }] }]);
  });

  it('is reported before a failed attempt, and before the reset after the next one', async () => {
    const { batch, types, transport } = await rigOf();
    batch.delivered(0);
    batch.failed(1, new TransientSendError('away'));
    transport.end();
    await clock.tickAsync(0);
    expect(types().slice(0, 2)).to.deep.equal(['delivered', 'attemptFailed']);
    await clock.tickAsync(SETTINGS.backoffMs / 2);
    transport.batch?.delivered(1);
    transport.batch?.failed(2, Object.assign(new TransientSendError('away'), { needsReset: true }));
    transport.end();
    await clock.tickAsync(0);
    expect(types().filter((type) => type === 'delivered')).to.have.length(2);
    expect(types().lastIndexOf('delivered')).to.be.below(types().indexOf('connection'));
  });

  it('is reported before the end of the worker', async () => {
    const { batch, types, host, running } = await rigOf();
    batch.delivered(0);
    host.receive({ type: 'abort' });
    await running;
    expect(types()).to.deep.equal(['delivered', 'connection', 'connection', 'closed']);
  });
});
