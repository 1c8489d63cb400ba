import { expect } from 'chai';
import type sinon from 'sinon';
import { TransientSendError } from '../../../../src/shared/errors.ts';
import type { DeliverySettings } from '../../../../src/shared/protocol.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { LoopRig } from '../../../support/loop-rig.ts';
import { ScriptedTransport } from '../../../support/scripted-transport.ts';

/** Every call of the transport takes so long, so that events can come in the middle of one. */
const CALL_MS = 1000;
const LONG_MS = 60_000;
/** Far less than any long pause, and enough for what is still to be called. */
const SOON_MS = 12 * CALL_MS;

interface Phase {
  /** When the loop is in it, in ms from the start. */
  readonly at: number;
  readonly settings?: Partial<DeliverySettings>;
  /** What calls fail with that begin before the event. */
  readonly error?: Error;
  readonly connects?: 'always';
  /** The call that is under way fails for the last time, and by that ends the last pass. */
  readonly endsPass?: true;
}

const asksToWait = new TransientSendError('busy', { retryAfterMs: LONG_MS });
const givenUp = Object.assign(new TransientSendError('fatal', { retryAfterMs: LONG_MS }), { needsReset: true });

const PHASES: Readonly<Record<string, Phase>> = {
  'the first _connect, which fails': { at: 500, endsPass: true },
  'the pause after it': { at: 10_000 },
  'an attempt': { at: 1500, connects: 'always', endsPass: true },
  'the _close of a reset': { at: 2500, connects: 'always' },
  'the _connect of a reset': { at: 3500, connects: 'always' },
  'the long pause after a reset': { at: 10_000, connects: 'always' },
  'the attempt of a canary': { at: 2500, connects: 'always', settings: { maxResets: 0 } },
  'the _close behind a canary': { at: 3500, connects: 'always', settings: { maxResets: 0 } },
  'an attempt that is asked to wait': { at: 1500, connects: 'always', settings: { maxRetries: 5 }, error: asksToWait },
  'the pause that was asked for': { at: 10_000, connects: 'always', settings: { maxRetries: 5 }, error: asksToWait },
  'the _close of a client that gave up': { at: 2500, connects: 'always', settings: { maxRetries: 5 }, error: givenUp },
  'the _connect after it': { at: 3500, connects: 'always', settings: { maxRetries: 5 }, error: givenUp },
  'the pause behind that': { at: 10_000, connects: 'always', settings: { maxRetries: 5 }, error: givenUp },
};

describe('the delivery loop: what is asked of it in the middle of something', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  const slowly = () => new Promise((resolve) => setTimeout(resolve, CALL_MS));

  /** A loop with two messages. Its server is down for whatever began before `mendedAt`. */
  function rigIn({ settings, error = new Error('down'), connects }: Phase, mendedAt: number) {
    const call = async (works: boolean) => {
      const isDown = performance.now() < mendedAt;
      await slowly();
      if (isDown && !works) throw error;
    };
    const transport = new ScriptedTransport(() => call(false));
    transport.onConnect = () => call(connects === 'always');
    transport.onClose = slowly;
    const rig = new LoopRig(transport, { maxRetries: 0, backoffMs: LONG_MS, ...settings });
    rig.start(2);
    return { rig, transport };
  }

  for (const [name, phase] of Object.entries(PHASES)) {
    it(`nothing is tried again soon by itself: ${name}`, async () => {
      const { transport } = rigIn(phase, phase.at);
      await clock.tickAsync(phase.at + SOON_MS);
      expect(transport.delivered).to.deep.equal([]);
    });

    it(`a wake in ${name} counts for the pause that follows`, async () => {
      const { rig, transport } = rigIn(phase, phase.at);
      await clock.tickAsync(phase.at);
      rig.loop.wake();
      await clock.tickAsync(SOON_MS);
      expect(transport.delivered).to.deep.equal([0, 1]);
    });

    it(`a wake in ${name} shortens one pause`, async () => {
      const { rig, transport } = rigIn(phase, Infinity);
      await clock.tickAsync(phase.at);
      rig.loop.wake();
      await clock.tickAsync(SOON_MS);
      const { length } = transport.calls;
      await clock.tickAsync(LONG_MS / 2);
      expect(transport.calls).to.have.length(length);
    });

    it(`a drain in ${name} is the last pass`, async () => {
      const { rig, transport } = rigIn(phase, phase.at);
      await clock.tickAsync(phase.at);
      rig.loop.drain(true);
      await clock.tickAsync(SOON_MS);
      expect(rig.ended).to.equal(true);
      expect(transport.delivered).to.deep.equal(phase.endsPass ? [] : [0, 1]);
    });

    it(`an abort in ${name} ends the loop, and nothing is connected any more`, async () => {
      const { rig, transport } = rigIn(phase, Infinity);
      await clock.tickAsync(phase.at);
      const connects = () => transport.story.filter((call) => call === 'connect').length;
      const before = connects();
      rig.loop.abort();
      await clock.tickAsync(SOON_MS);
      expect(rig.ended).to.equal(true);
      expect(connects()).to.equal(before);
    });
  }

  it('a wake while nothing is wrong does not shorten the pauses of later trouble', async () => {
    let down = false;
    const transport = new ScriptedTransport(() => {
      if (down) throw new Error('down');
    });
    const rig = new LoopRig(transport, { maxRetries: 0 });
    rig.start(1);
    await clock.tickAsync(CALL_MS);
    rig.loop.wake();
    await clock.tickAsync(CALL_MS);
    down = true;
    rig.offer(1);
    await clock.tickAsync(LONG_MS / 2);
    expect(transport.story).to.deep.equal(['connect', 'send 0', 'send 0', 'close', 'connect']);
  });
});
