import { expect } from 'chai';
import type sinon from 'sinon';
import { Departures } from '../../../../../../src/kinds/kafka/librdkafka/transactions/departures.ts';
import { fakeClock } from '../../../../../support/fake-clock.ts';

describe('brokers that leave while something waits for an answer', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  function watching() {
    const state = {
      known: [] as readonly number[],
      brokers: [1, 2, 3] as readonly number[] | undefined,
      isComplete: true,
      answeredAt: performance.now(),
      asked: 0,
    };
    const found: (readonly number[])[] = [];
    const departures = new Departures({
      known: () => state.known,
      brokers: async () => {
        state.asked++;
        if (state.brokers === undefined) throw new Error('none answers');
        return { ids: state.brokers, isComplete: state.isComplete };
      },
      answeredAt: () => state.answeredAt,
      departed: (brokers) => found.push(brokers),
    });
    departures.start();
    return { state, found, departures };
  }

  it('are not asked for while answers come', async () => {
    const { state, departures } = watching();
    for (let turn = 0; turn < 10; turn++) {
      await clock.tickAsync(900);
      state.answeredAt = performance.now();
    }
    expect(state.asked).to.equal(0);
    departures.stop();
  });

  it('are found when they were there in the same silence', async () => {
    const { state, found, departures } = watching();
    await clock.tickAsync(3000);
    expect(found).to.deep.equal([]);
    state.brokers = [3, 1];
    await clock.tickAsync(600);
    expect(found[0]).to.deep.equal([2]);
    departures.stop();
  });

  it('are found when they had left before the silence began, and the client counts on them', async () => {
    const { state, found, departures } = watching();
    Object.assign(state, { known: [1, 2, 3], brokers: [3, 1] });
    await clock.tickAsync(1600);
    expect(found[0]).to.deep.equal([2]);
    departures.stop();
  });

  it('do not count where the client did not count on them', async () => {
    const { state, found, departures } = watching();
    Object.assign(state, { known: [1, 3], brokers: [3, 1] });
    await clock.tickAsync(10_000);
    expect(found).to.deep.equal([]);
    departures.stop();
  });

  it('are found in a silence after the one in which they left', async () => {
    const { state, found, departures } = watching();
    state.known = [1, 2, 3];
    await clock.tickAsync(3000);
    Object.assign(state, { known: [1, 3], brokers: [3, 1], answeredAt: performance.now() });
    await clock.tickAsync(900);
    expect(found).to.deep.equal([]);
    await clock.tickAsync(1000);
    expect(found[0]).to.deep.equal([2]);
    departures.stop();
  });

  it('are found when two answers miss them: one that came back between is there', async () => {
    const { state, found, departures } = watching();
    Object.assign(state, { known: [1, 2, 3], brokers: [3, 1] });
    await clock.tickAsync(1100);
    state.brokers = [1, 2];
    await clock.tickAsync(200);
    expect(found).to.deep.equal([]);
    await clock.tickAsync(300);
    expect(found[0]).to.deep.equal([3]);
    departures.stop();
  });

  describe('whose absence all must agree on before a transaction ends', () => {
    const always = () => true;

    it('hold it up after a silence only', async () => {
      const { state, departures } = watching();
      await departures.agreed(always);
      expect(state.asked).to.equal(0);
      await clock.tickAsync(1500);
      state.brokers = undefined;
      let isOver = false;
      void departures.agreed(always).then(() => (isOver = true));
      await clock.tickAsync(1000);
      expect(isOver).to.equal(false);
      state.brokers = [1, 2, 3];
      await clock.tickAsync(500);
      expect(isOver).to.equal(true);
      departures.stop();
    });

    it('hold it up while one of them does not answer, which hides no departure', async () => {
      const { state, found, departures } = watching();
      Object.assign(state, { known: [1, 2, 3], isComplete: false });
      await clock.tickAsync(1500);
      let isOver = false;
      void departures.agreed(always).then(() => (isOver = true));
      await clock.tickAsync(1000);
      expect([isOver, found]).to.deep.equal([false, []]);
      state.brokers = [1, 2];
      await clock.tickAsync(600);
      expect(found[0]).to.deep.equal([3]);
      departures.stop();
    });

    it('hold it up for 3 s at the most, and not again while they do not agree', async () => {
      const { state, departures } = watching();
      await clock.tickAsync(1500);
      state.brokers = undefined;
      let ends = 0;
      void departures.agreed(always).then(() => ends++);
      await clock.tickAsync(3500);
      expect(ends).to.equal(1);
      void departures.agreed(always).then(() => ends++);
      await clock.tickAsync(0);
      expect(ends).to.equal(2);
      departures.stop();
    });

    for (const [why, over] of Object.entries({ 'its patience': 'patience', 'the transaction': 'stop' }))
      it(`hold it up no longer than ${why} lasts`, async () => {
        const { state, departures } = watching();
        await clock.tickAsync(1500);
        state.brokers = undefined;
        let isOver = false;
        let isPatient = true;
        void departures.agreed(() => isPatient).then(() => (isOver = true));
        await clock.tickAsync(500);
        if (over === 'stop') departures.stop();
        else isPatient = false;
        await clock.tickAsync(300);
        expect(isOver).to.equal(true);
        departures.stop();
      });
  });

  it('do not count where the answer comes right after, as from a set of replicas without them', async () => {
    const { state, found, departures } = watching();
    await clock.tickAsync(3000);
    state.brokers = [3, 1];
    await clock.tickAsync(250);
    for (let second = 0; second < 10; second++) {
      state.answeredAt = performance.now();
      await clock.tickAsync(1000);
    }
    expect(found).to.deep.equal([]);
    departures.stop();
  });

  it('are missed by none that cannot be asked', async () => {
    const { state, found, departures } = watching();
    await clock.tickAsync(3000);
    state.brokers = undefined;
    await clock.tickAsync(3000);
    expect(found).to.deep.equal([]);
    state.brokers = [2, 3];
    await clock.tickAsync(600);
    expect(found[0]).to.deep.equal([1]);
    departures.stop();
  });

  it('are looked for by one timer, also when an answer to a question comes after the next start', async () => {
    const { state, departures } = watching();
    await clock.tickAsync(1000);
    for (let turn = 0; turn < 5; turn++) {
      departures.stop();
      departures.start();
    }
    state.asked = 0;
    await clock.tickAsync(1000);
    expect(state.asked).to.equal(4);
    departures.stop();
    await clock.tickAsync(1000);
    expect(state.asked).to.equal(4);
  });
});
