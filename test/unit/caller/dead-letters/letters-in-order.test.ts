import { expect } from 'chai';
import type sinon from 'sinon';
import type { DeadLetter, DeadLetterTarget } from '../../../../src/caller/dead-letters/dead-letter.ts';
import { PermanentSendError } from '../../../../src/shared/errors.ts';
import { EngineRig } from '../../../support/engine-rig.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { ScriptedTransport } from '../../../support/scripted-transport.ts';

/** How often a value is followed by a smaller one. */
const inversions = (values: readonly number[]): number =>
  values.slice(1).filter((value, index) => value < (values[index] as number)).length;

const poison = () =>
  new ScriptedTransport((value) => {
    throw new PermanentSendError(`cannot take ${value}`);
  });

const valueIn = ({ message }: DeadLetter): number => message.json() as number;

/** Ways in which a target is away. */
const AWAY: Readonly<Record<string, (signal: AbortSignal) => unknown>> = {
  'throws at once': () => {
    throw new Error('away');
  },
  'rejects after 30 ms': () =>
    new Promise((_resolve, reject) => {
      setTimeout(() => reject(new Error('away')), 30);
    }),
  'rejects after 10 s, or when it is told to end': (signal) =>
    new Promise((_resolve, reject) => {
      setTimeout(() => reject(new Error('away')), 10_000);
      signal.addEventListener('abort', () => reject(new Error('told to end')));
    }),
};

describe('dead letters of a target that was away', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  /** `takesMs`: how long the target needs for a letter that it takes. */
  function rig(away: (signal: AbortSignal) => unknown, takesMs = 0) {
    const state = { isAway: false, offers: 0 };
    const letters: number[] = [];
    const deadLetter: DeadLetterTarget = async (letter, signal) => {
      state.offers++;
      if (state.isAway) await away(signal);
      else if (takesMs > 0) await new Promise((resolve) => setTimeout(resolve, takesMs));
      letters.push(valueIn(letter));
    };
    const engine = new EngineRig(poison(), { deadLetter });
    const produce = async (from: number, to: number) => {
      for (let value = from; value < to; value++) {
        engine.produce(value);
        await clock.tickAsync(20);
      }
    };
    return { state, letters, engine, produce };
  }

  for (const [how, away] of Object.entries(AWAY))
    for (const takesMs of [0, 50])
      it(`which ${how}, and takes ${takesMs} ms for each: all arrive in order, within its longest pause`, async () => {
        const { state, letters, engine, produce } = rig(away, takesMs);
        await produce(0, 50);
        state.isAway = true;
        await produce(50, 140);
        await clock.tickAsync(33_200);
        state.isAway = false;
        await clock.tickAsync(21_000); // the offer that is under way, and then the pause
        await produce(140, 300);
        await clock.tickAsync(1000);
        expect(letters).to.have.lengthOf(300);
        expect(inversions(letters)).to.equal(0);
        expect(engine.engine.stats()).to.include({ deadLettered: 300, pending: 0, blockedBy: undefined });
      });

  it('is asked with the oldest and one other, by one timer, and its first success brings all the others', async () => {
    const { state, letters, engine, produce } = rig(AWAY['throws at once'] as () => unknown);
    state.isAway = true;
    await produce(0, 60);
    const before = state.offers;
    await clock.tickAsync(60_000);
    expect(state.offers - before, 'two every 10 s').to.be.within(10, 18);
    expect(clock.countTimers()).to.be.lessThan(5);
    state.isAway = false;
    const healthy = clock.now;
    while (letters.length === 0) await clock.tickAsync(100);
    expect(clock.now - healthy).to.be.at.most(10_100);
    expect(letters).to.have.lengthOf(60);
    const texts = engine.logs.map(({ message }) => message);
    expect(texts).to.include('the dead-letter target takes letters again');
  });

  it('is asked at once by a flush, which resolves when it has taken all', async () => {
    const { state, letters, engine, produce } = rig(AWAY['throws at once'] as () => unknown);
    state.isAway = true;
    await produce(0, 30);
    await clock.tickAsync(35_000);
    state.isAway = false;
    const flushed = engine.engine.flush({ timeout: 1000 });
    await clock.tickAsync(10);
    expect(await flushed).to.deep.equal({ remaining: 0 });
    expect(letters).to.deep.equal(Array.from({ length: 30 }, (_, index) => index));
  });

  it('the others that it was offered are told to end when one fails, so that they do not pass it', async () => {
    const told: number[] = [];
    let fail = () => {};
    const engine = new EngineRig(poison(), {
      deadLetter: (letter, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => told.push(valueIn(letter)));
          if (valueIn(letter) === 0) fail = () => reject(new Error('away'));
        }),
    });
    engine.produce(0, 1, 2);
    await clock.tickAsync(10);
    fail();
    await clock.tickAsync(10);
    expect(told).to.deep.equal([1, 2]);
    await Promise.all([engine.engine.shutdown(100), clock.tickAsync(1000)]);
  });

  it('an offer that is late counts, and is not made again', async () => {
    const late: (() => void)[] = [];
    const offered: number[] = [];
    let fails = true;
    const engine = new EngineRig(poison(), {
      deadLetter: (letter) => {
        offered.push(valueIn(letter));
        if (valueIn(letter) === 0 && fails) throw new Error('away');
        return valueIn(letter) === 1 ? new Promise<void>((resolve) => late.push(resolve)) : undefined;
      },
    });
    engine.produce(1); // which the target leaves without an answer
    await clock.tickAsync(10);
    engine.produce(0);
    await clock.tickAsync(5000);
    expect(engine.engine.stats()).to.include({ deadLettered: 0, pending: 2 });
    late[0]?.();
    fails = false;
    await clock.tickAsync(20_000);
    expect(engine.engine.stats()).to.include({ deadLettered: 2, pending: 0 });
    expect(offered.filter((value) => value === 1)).to.have.lengthOf(1);
  });

  it('one that never answers is asked again when it is told to end, and others wait behind it', async () => {
    const offered: number[] = [];
    const engine = new EngineRig(poison(), {
      deadLetter: (letter) => {
        offered.push(valueIn(letter));
        if (offered.length === 1) return new Promise(() => {});
        if (offered.length === 2) throw new Error('away');
        return undefined;
      },
    });
    engine.produce(0, 1, 2);
    await clock.tickAsync(30_000);
    expect(offered.slice(-3)).to.deep.equal([0, 1, 2]);
    expect(engine.engine.stats()).to.include({ deadLettered: 3, pending: 0 });
  });

  it('say so as what holds the messages up, in stats() and in the log', async () => {
    const { state, engine, produce } = rig(AWAY['throws at once'] as () => unknown);
    state.isAway = true;
    await produce(0, 101);
    const blocked = { by: 'dead-letter target', until: null, why: 'away' };
    expect(engine.engine.stats().blockedBy).to.deep.equal(blocked);
    const line = engine.logs.find(({ message }) => message === 'the dead-letter target failed');
    expect(line?.fields).to.include({ blockedBy: 'dead-letter target', err: 'away' });
  });
});
