import { expect } from 'chai';
import type sinon from 'sinon';
import { PermanentSendError, TransientSendError } from '../../../../src/shared/errors.ts';
import type { Batch } from '../../../../src/shared/transport.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { LoopRig } from '../../../support/loop-rig.ts';
import { ScriptedTransport } from '../../../support/scripted-transport.ts';

const HOUR = 3_600_000;

describe('the delivery loop: outage or poison', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  const fails = (when: boolean) => {
    if (when) throw new Error('refused');
  };

  it('dead-letters a suspect whose canary passes, and never resumes it', async () => {
    const transport = new ScriptedTransport((value) => fails(value === 0));
    const rig = new LoopRig(transport, { maxRetries: 1, maxResets: 2 });
    rig.start(3);
    await clock.tickAsync(HOUR);
    expect(rig.permanentlyFailed.map(({ index }) => index)).to.deep.equal([0]);
    expect(rig.permanentlyFailed[0]?.attempts).to.have.lengthOf(6);
    expect(transport.delivered).to.deep.equal([1, 2]);
    expect(transport.story.filter((call) => call === 'send 0')).to.have.lengthOf(6);
  });

  it('puts a suspect back at the head when its canary fails', async () => {
    const transport = new ScriptedTransport(() => fails(performance.now() < HOUR));
    const rig = new LoopRig(transport, { maxRetries: 1, maxResets: 2 });
    rig.start(3);
    await clock.tickAsync(2 * HOUR);
    expect(rig.permanentlyFailed).to.deep.equal([]);
    expect(transport.delivered).to.deep.equal([0, 1, 2]);
    expect(transport.story).to.include('send 1');
  });

  it('leaves a suspect alone while it has no successor', async () => {
    const transport = new ScriptedTransport(() => fails(true));
    const rig = new LoopRig(transport, { maxRetries: 0, maxResets: 0 });
    rig.start(1);
    await clock.tickAsync(HOUR);
    expect(rig.permanentlyFailed).to.deep.equal([]);
  });

  it('tries the next canary where the first one is poison itself', async () => {
    const transport = new ScriptedTransport((value) => {
      if (value === 1) throw new PermanentSendError('bad');
      fails(value === 0);
    });
    const rig = new LoopRig(transport, { maxRetries: 0, maxResets: 0 });
    rig.start(3);
    await clock.tickAsync(HOUR);
    expect(rig.permanentlyFailed.map(({ index }) => index)).to.deep.equal([1, 0]);
    expect(transport.delivered).to.deep.equal([2]);
  });

  it('never parks anything with unlimited resets', async () => {
    const transport = new ScriptedTransport((value) => fails(value === 0));
    const rig = new LoopRig(transport, { maxRetries: 1 });
    rig.start(3);
    await clock.tickAsync(24 * HOUR);
    expect(transport.story).not.to.include('send 1');
    expect(rig.permanentlyFailed).to.deep.equal([]);
  });

  /** Fails a whole set when one bad message is in it, as a broker does. */
  class SetTransport extends ScriptedTransport {
    readonly sets: number[][] = [];
    readonly bad: ReadonlySet<number>;

    constructor(...bad: number[]) {
      super();
      this.bad = new Set(bad);
    }

    override async _sendBatch(batch: Batch): Promise<void> {
      const set = Array.from({ length: batch.size }, (_, index) => index).filter((index) => !batch.skip(index));
      this.sets.push(set);
      const value = (index: number) => batch.message(index).json() as number;
      const refused = set.some((index) => this.bad.has(value(index)));
      for (const index of set) {
        if (refused) batch.failed(index, new PermanentSendError('invalid record', { condemns: 'set' }));
        else {
          this.delivered.push(value(index));
          batch.delivered(index);
        }
      }
    }
  }

  /** Has several sets in flight; after a failure it gives the later ones back without an outcome, as librdkafka does. */
  class PipelinedTransport extends SetTransport {
    readonly batchesInFlight = 3;
    #halted = false;

    override async _connect(): Promise<void> {}

    override async _sendBatch(batch: Batch): Promise<void> {
      await null; // everything in flight has been handed over
      if (this.#halted) return;
      await super._sendBatch({ ...view(batch), failed: (index, error) => this.#fail(batch, index, error) });
    }

    #fail(batch: Batch, index: number, error: Error): void {
      this.#halted = true;
      setTimeout(() => {
        this.#halted = false;
      });
      batch.failed(index, error);
    }
  }

  /** Names the bad ones of a set: the others fail with it, but say that it was not they. */
  class NamingTransport extends SetTransport {
    override async _sendBatch(batch: Batch): Promise<void> {
      const bad = (index: number) => this.bad.has(batch.message(index).json() as number);
      const bystander = () => Object.assign(new TransientSendError('another one'), { bystander: true });
      await super._sendBatch({
        ...view(batch),
        failed: (index, error) => batch.failed(index, bad(index) ? error : bystander()),
      });
    }
  }

  /** Makes two sets of what it gets, and sends the second only when the first has been delivered. */
  class HalvingTransport extends SetTransport {
    override async _sendBatch(batch: Batch): Promise<void> {
      const open = Array.from({ length: batch.size }, (_, index) => index).filter((index) => !batch.skip(index));
      const first = new Set(open.slice(0, Math.ceil(open.length / 2)));
      await super._sendBatch({ ...view(batch), skip: (index) => !first.has(index) || batch.skip(index) });
    }
  }

  /** Gives up at the first set that is refused: whatever else is sent fails as well, until it connects anew. */
  class GivingUpTransport extends SetTransport {
    readonly batchesInFlight = 2;
    _spent = false;

    override async _connect(signal: AbortSignal): Promise<void> {
      await super._connect(signal);
      this._spent = false;
    }

    override async _sendBatch(batch: Batch): Promise<void> {
      await null; // everything in flight has been handed over
      const givenUp = Object.assign(new TransientSendError('given up'), { needsReset: true });
      const spent = this._spent;
      const failed = (index: number, error: Error) => {
        this._spent = true;
        batch.failed(index, error);
      };
      if (!spent) return super._sendBatch({ ...view(batch), failed });
      for (let index = 0; index < batch.size; index++) if (!batch.skip(index)) batch.failed(index, givenUp);
    }
  }

  const view = (batch: Batch): Batch => ({
    size: batch.size,
    memory: batch.memory,
    offsets: batch.offsets,
    sequence: batch.sequence,
    signal: batch.signal,
    skip: (index) => batch.skip(index),
    id: (index) => batch.id(index),
    message: (index) => batch.message(index),
    attempting: (index) => batch.attempting(index),
    delivered: (index, report) => batch.delivered(index, report),
    failed: (index, error) => batch.failed(index, error),
  });

  it('finds the bad one while other sets are in flight, and everything stays in order', async () => {
    const transport = new PipelinedTransport(7);
    const rig = new LoopRig(transport);
    rig.start(20);
    rig.offer(Array.from({ length: 20 }, (_, index) => ({ value: 20 + index })));
    rig.offer(Array.from({ length: 20 }, (_, index) => ({ value: 40 + index })));
    await clock.tickAsync(60_000);
    expect(rig.permanentlyFailed.map(({ index }) => index)).to.deep.equal([7]);
    expect(transport.delivered).to.deep.equal(Array.from({ length: 60 }, (_, id) => id).filter((id) => id !== 7));
  });

  for (const [name, Transport] of Object.entries({
    SetTransport,
    NamingTransport,
    HalvingTransport,
    GivingUpTransport,
  }))
    for (const bad of [[0], [99], [17], [3, 4, 50]])
      it(`finds ${bad} in a set of 100 that was refused, and delivers the others in order (${name})`, async () => {
        const transport = new Transport(...bad);
        const rig = new LoopRig(transport);
        rig.start(100);
        rig.offer([{ value: 1000 }, { value: 1001 }]);
        await clock.tickAsync(10);
        expect(rig.permanentlyFailed.map(({ index }) => index)).to.deep.equal(bad);
        for (const { attempts } of rig.permanentlyFailed)
          expect(attempts, 'nobody is charged for the search').to.have.lengthOf(1);
        const others = Array.from({ length: 100 }, (_, index) => index).filter((index) => !bad.includes(index));
        expect(transport.delivered).to.deep.equal([...others, 1000, 1001]);
        expect(transport.sets.length).to.be.below(30 * bad.length);
      });
});
