import { expect } from 'chai';
import type sinon from 'sinon';
import type { Batch } from '../../../../src/shared/transport.ts';
import { EngineRig } from '../../../support/engine-rig.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { ScriptedTransport } from '../../../support/scripted-transport.ts';

const COUNT = 40;

/** A transport to which every batch costs the same. */
class Slow extends ScriptedTransport {
  readonly sizes: number[] = [];

  override async _sendBatch(batch: Batch): Promise<void> {
    this.sizes.push(batch.size);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    for (let index = 0; index < batch.size; index++) batch.delivered(index);
  }
}

describe('batches that are with the worker', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  async function sizes(leases?: number): Promise<readonly number[]> {
    const transport = new Slow();
    const rig = new EngineRig(transport, { leases: () => leases });
    for (let index = 0; index < COUNT; index++) {
      rig.produce(index);
      await clock.tickAsync(1);
    }
    await clock.tickAsync(60_000);
    expect(rig.engine.stats().delivered).to.equal(COUNT);
    return transport.sizes;
  }

  it('are as many as the transport wants, and what comes meanwhile goes together', async () => {
    expect(await sizes(2)).to.deep.equal([1, 1, COUNT - 2]);
  });

  it('are 16 where it wants none in particular', async () => {
    expect(await sizes()).to.deep.equal([...Array(16).fill(1), COUNT - 16]);
  });
});
