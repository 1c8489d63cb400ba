import { expect } from 'chai';
import type sinon from 'sinon';
import type { Host, HostCallbacks } from '../../../../src/caller/link/host.ts';
import { AttemptMark } from '../../../../src/shared/attempt-mark.ts';
import { PermanentSendError, WorkerCrashedError } from '../../../../src/shared/errors.ts';
import { OUTCOME, SlotMemory } from '../../../../src/shared/memory/slot.ts';
import type { LeaseMessage, ToWorker } from '../../../../src/shared/protocol.ts';
import { runFrom } from '../../../../src/shared/sequence-ranges.ts';
import { toWire } from '../../../../src/shared/wire-error.ts';
import { EngineRig } from '../../../support/engine-rig.ts';
import { fakeClock } from '../../../support/fake-clock.ts';

/** A worker that delivers record by record and dies when it comes to the record with the number `poison`. */
class FakeHost implements Host {
  static leases: number[][] = [];
  /** The leases of each message to the worker. */
  static posted: number[][][] = [];
  readonly #callbacks: HostCallbacks;
  readonly #mark: AttemptMark;
  readonly #poison: number;
  readonly #refused: number;

  constructor(attempt: SharedArrayBuffer, callbacks: HostCallbacks, poison: number, refused = -1) {
    this.#mark = new AttemptMark(attempt);
    this.#callbacks = callbacks;
    this.#poison = poison;
    this.#refused = refused;
  }

  post(message: ToWorker): void {
    if (message.type === 'connect') this.#callbacks.message({ type: 'connection', state: 'connected' });
    if (message.type === 'lease') FakeHost.posted.push(message.leases.map(({ from, count }) => [from, count]));
    if (message.type === 'lease') queueMicrotask(() => this.#deliver(message.leases));
  }

  async terminate(): Promise<void> {}

  #deliver(leases: readonly LeaseMessage[]): void {
    for (const { shared, from, count, sequence } of leases) {
      FakeHost.leases.push([from, count]);
      const { outcomes } = new SlotMemory(shared);
      for (let index = 0; index < count; index++) {
        this.#mark.begin(sequence + index);
        if (from + index === this.#poison) {
          this.#callbacks.exit(new WorkerCrashedError('killed'));
          return;
        }
        if (from + index === this.#refused) this.#refuse(sequence + index);
        else outcomes[from + index] = OUTCOME.delivered;
      }
      this.#callbacks.message({ type: 'delivered', ranges: [runFrom(sequence, count)], reports: [] });
    }
  }

  #refuse(sequence: number): void {
    const error = toWire(new PermanentSendError('refused'));
    this.#callbacks.message({ type: 'permanentlyFailed', sequence, attempts: [{ at: 0, error }] });
  }
}

describe('a message that kills its worker', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
    FakeHost.leases = [];
    FakeHost.posted = [];
  });
  afterEach(() => clock.restore());

  const rigWith = (poison: number) =>
    new EngineRig(undefined, { createHost: ({ attempt }, callbacks) => new FakeHost(attempt, callbacks, poison) });

  it('is tried alone after three deaths, and is poison after the fourth; the others are delivered', async () => {
    const rig = rigWith(2);
    rig.produce(0, 1, 2, 3, 4);
    await clock.tickAsync(10_000);
    expect(rig.engine.stats()).to.include({ delivered: 4, dropped: 1, pending: 0, workerRestarts: 4 });
    expect(FakeHost.leases).to.deep.equal([
      [0, 5],
      [2, 3],
      [2, 3],
      [2, 1],
      [3, 2],
    ]);
    expect(rig.logs.find(({ fields }) => fields.reason)?.fields.reason).to.equal('WorkerCrashedError: killed');
  });

  it('holds up nobody while its dead letter is on its way', async () => {
    const createHost = ({ attempt }: { attempt: SharedArrayBuffer }, callbacks: HostCallbacks) =>
      new FakeHost(attempt, callbacks, 2);
    const rig = new EngineRig(undefined, { createHost, deadLetter: () => new Promise(() => {}) });
    rig.produce(0, 1, 2, 3, 4);
    await clock.tickAsync(10_000);
    expect(rig.engine.stats()).to.include({ delivered: 4, pending: 1, workerRestarts: 4 });
  });

  it('is tried alone also while the dead letter of an older message is on its way', async () => {
    const createHost = ({ attempt }: { attempt: SharedArrayBuffer }, callbacks: HostCallbacks) =>
      new FakeHost(attempt, callbacks, 2, 0);
    const rig = new EngineRig(undefined, { createHost, deadLetter: () => new Promise(() => {}) });
    rig.produce(0, 1, 2, 3, 4);
    await clock.tickAsync(10_000);
    expect(rig.engine.stats()).to.include({ delivered: 3, pending: 2, workerRestarts: 4 });
    expect(FakeHost.posted).to.deep.equal([[[0, 5]], [[2, 3]], [[2, 3]], [[2, 1]], [[3, 2]]]);
  });

  it('what was marked as delivered before a death is not sent again', async () => {
    const rig = rigWith(3);
    rig.produce(0, 1, 2, 3);
    await clock.tickAsync(1);
    expect(rig.engine.stats()).to.include({ delivered: 3, pending: 1 });
  });

  it('replaces a worker that dies again and again with growing pauses', async () => {
    const rig = rigWith(0);
    rig.produce(0);
    await clock.tickAsync(1);
    const pauses = () => rig.logs.flatMap(({ fields }) => fields.restartInMs ?? []);
    await clock.tickAsync(2000);
    expect(pauses()).to.deep.equal([100, 200, 400, 800]);
  });
});
