import { expect } from 'chai';
import sinon from 'sinon';
import { beat, newPulse, PulseWatch } from '../../../src/shared/pulse.ts';

const SILENT_MS = 30_000;

describe('the pulse of a worker thread', () => {
  let clock: sinon.SinonFakeTimers;
  let pulse: SharedArrayBuffer;
  let watch: PulseWatch;
  let said: (number | 'back')[];

  beforeEach(() => {
    clock = sinon.useFakeTimers();
    pulse = newPulse();
    said = [];
    watch = new PulseWatch(pulse, SILENT_MS, { stopped: (ms) => said.push(ms), back: () => said.push('back') });
  });
  afterEach(() => {
    watch.end();
    clock.restore();
  });

  /** The thread is somewhere else for so long, and then back. */
  const away = (ms: number) => {
    clock.tick(ms);
    Atomics.add(new Int32Array(pulse), 0, 1);
  };

  it('is nothing to speak of while it beats', () => {
    beat(pulse, SILENT_MS);
    clock.tick(10 * SILENT_MS);
    expect(said).to.deep.equal([]);
  });

  it('is said to have stopped once, when it has been away for so long, and to be back when it is', () => {
    away(SILENT_MS - 1);
    clock.tick(1);
    expect(said).to.deep.equal([]);
    away(3 * SILENT_MS);
    expect(said).to.deep.equal([SILENT_MS]);
    clock.tick(SILENT_MS / 6);
    expect(said).to.deep.equal([SILENT_MS, 'back']);
    away(2 * SILENT_MS);
    expect(said).to.deep.equal([SILENT_MS, 'back', SILENT_MS]);
  });

  it('is nobody’s any more when the thread has ended', () => {
    watch.end();
    clock.tick(2 * SILENT_MS);
    expect(said).to.deep.equal([]);
  });
});
