import { expect } from 'chai';
import type sinon from 'sinon';
import { TransientSendError } from '../../../../src/shared/errors.ts';
import type { Batch } from '../../../../src/shared/transport.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { LoopRig } from '../../../support/loop-rig.ts';
import { ScriptedTransport } from '../../../support/scripted-transport.ts';

/** Two batches at once; the first attempt of the first one fails, the second one is in flight. */
class TwoInFlight extends ScriptedTransport {
  readonly batchesInFlight: number = 2;
  readonly asked: string[] = [];
  sends = 0;
  answer: () => void = () => {};

  override async _sendBatch(batch: Batch): Promise<void> {
    this.sends++;
    if (this.sends === 1) return batch.failed(0, new TransientSendError('not now'));
    if (this.sends > 2) return batch.delivered(0);
    await new Promise<void>((resolve) => {
      this.answer = () => {
        batch.delivered(0);
        resolve();
      };
      this._interrupt = () => {
        this.asked.push('interrupt');
        resolve();
      };
    });
  }

  _recall(): void {
    this.asked.push('recall');
  }

  _interrupt(): void {}
}

/** One batch, whose first attempt gets no answer until the test gives it. */
class Silent extends TwoInFlight {
  override readonly batchesInFlight = 1;

  override async _sendBatch(batch: Batch): Promise<void> {
    this.sends = Math.max(this.sends, 1);
    return super._sendBatch(batch);
  }
}

describe('the delivery loop: what is in flight when an attempt fails', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  async function failed(transport = new TwoInFlight()): Promise<{ transport: TwoInFlight; rig: LoopRig }> {
    const rig = new LoopRig(transport, { maxRetries: 3, attemptTimeoutMs: 10_000 });
    rig.offer(1);
    rig.start(1);
    await clock.tickAsync(0);
    return { transport, rig };
  }

  it('is awaited: what was delivered is not sent again', async () => {
    const { transport, rig } = await failed();
    await clock.tickAsync(5000);
    transport.answer();
    await clock.tickAsync(5000);
    expect([transport.asked, transport.sends]).to.deep.equal([['recall'], 3]);
    rig.loop.abort();
    await clock.tickAsync(10_000);
  });

  it('is asked back at the deadline of the attempt', async () => {
    const { transport, rig } = await failed();
    await clock.tickAsync(9999);
    expect(transport.asked).to.deep.equal(['recall']);
    await clock.tickAsync(5000);
    expect([transport.asked, transport.sends]).to.deep.equal([['recall', 'interrupt'], 4]);
    rig.loop.abort();
    await clock.tickAsync(10_000);
  });

  it('is awaited a little longer when nothing has moved for a whole attempt: a broker may have come back just now', async () => {
    const { transport, rig } = await failed(new Silent());
    await clock.tickAsync(10_000);
    expect(transport.asked).to.deep.equal(['recall']);
    await clock.tickAsync(4999);
    transport.answer();
    await clock.tickAsync(5000);
    expect([transport.asked, transport.sends]).to.deep.equal([['recall'], 3]);
    rig.loop.abort();
    await clock.tickAsync(10_000);
  });

  it('is asked back when it does not come then either', async () => {
    const { transport, rig } = await failed(new Silent());
    await clock.tickAsync(15_000);
    expect(transport.asked).to.deep.equal(['recall', 'interrupt']);
    await clock.tickAsync(5000);
    expect(transport.sends).to.equal(4);
    rig.loop.abort();
    await clock.tickAsync(10_000);
  });
});
