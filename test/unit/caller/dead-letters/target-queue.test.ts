import { expect } from 'chai';
import type sinon from 'sinon';
import type { DeadLetter } from '../../../../src/caller/dead-letters/dead-letter.ts';
import { TargetQueue } from '../../../../src/caller/dead-letters/target-queue.ts';
import { systemClock } from '../../../../src/shared/util/clock.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { numbered, numberOf } from '../../../support/letters.ts';

const numberIn = ({ message }: DeadLetter): number => numberOf(message);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const refuse = () => {
  throw new Error('refused');
};

describe('letters for one target', () => {
  let clock: sinon.SinonFakeTimers;
  let stop: AbortController;
  beforeEach(() => {
    clock = fakeClock();
    stop = new AbortController();
  });
  afterEach(() => clock.restore());

  /** `target`: what a letter meets there. What it resolves for, it has taken. */
  function rig(target: (number: number, signal: AbortSignal) => unknown) {
    const offered: number[] = [];
    const taken: number[] = [];
    const ended: (readonly [number, boolean])[] = [];
    const queue = new TargetQueue({
      clock: systemClock,
      stop: stop.signal,
      target: async (letter, signal) => {
        offered.push(numberIn(letter));
        await target(numberIn(letter), signal);
        taken.push(numberIn(letter));
      },
      failed: () => {},
      recovered: () => {},
    });
    const add = (...numbers: readonly number[]) => {
      for (const number of numbers)
        void queue.add(numbered(number)).then((isTaken) => void ended.push([number, isTaken]));
    };
    const times = (number: number) => offered.filter((one) => one === number).length;
    return { queue, add, offered, taken, ended, times };
  }

  it('those before a refused one stay with the target, which may have taken them, and only those behind are given up', async () => {
    const told: number[] = [];
    let isFull = true;
    const { add, taken, times } = rig(async (number, signal) => {
      signal.addEventListener('abort', () => told.push(number));
      if (number === 10 && isFull) refuse();
      await sleep(number > 10 && isFull ? 60_000 : 500);
      signal.throwIfAborted();
    });
    add(...range(0, 15));
    await clock.tickAsync(100);
    expect(told).to.include.members(range(11, 15)).and.not.include.members(range(0, 10));
    isFull = false;
    await clock.tickAsync(70_000);
    expect([...taken].sort((a, b) => a - b)).to.deep.equal(range(0, 15));
    expect(range(0, 10).map(times)).to.deep.equal(Array(10).fill(1));
  });

  it('come in a growing window after a refusal, so that a target that takes few at a time is not overrun', async () => {
    let now = 0;
    let refusals = 0;
    const { add, taken, queue } = rig(async () => {
      if (now >= 10) {
        refusals++;
        refuse();
      }
      now++;
      await sleep(50);
      now--;
    });
    add(...range(0, 100));
    await clock.tickAsync(100);
    const first = refusals;
    await clock.tickAsync(60_000);
    expect(taken).to.deep.equal(range(0, 100));
    expect(refusals - first, 'one or two for each time that the window has grown too wide').to.be.at.most(60);
    expect(queue.isEmpty).to.equal(true);
  });

  for (const [how, meets] of Object.entries<(signal: AbortSignal) => unknown>({
    'refused at once': refuse,
    'refused after 5 s': () => sleep(5000).then(refuse),
    'never answered': () => new Promise(() => {}),
    'answered only by the end that it is told': (signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('told to end')));
      }),
  }))
    for (const bad of [[0], [7], [0, 1, 2], [3, 9, 20]])
      it(`${bad} ${how}: all others are taken, in order, and these stay alone`, async () => {
        const { add, taken, ended, queue } = rig((number, signal) =>
          bad.includes(number) ? meets(signal) : undefined,
        );
        add(...range(0, 30));
        await clock.tickAsync(120_000);
        add(...range(30, 50));
        await clock.tickAsync(120_000);
        expect(taken).to.deep.equal(range(0, 50).filter((number) => !bad.includes(number)));
        expect(queue.isEmpty).to.equal(false);
        stop.abort();
        queue.end();
        await clock.tickAsync(0);
        expect(
          ended
            .filter(([, isTaken]) => !isTaken)
            .map(([number]) => number)
            .sort(),
        ).to.deep.equal([...bad].sort());
      });

  it('a letter that is held back is offered again, by its own pause, until it is taken', async () => {
    let isRefused = true;
    const { add, taken, times, queue } = rig((number) => (number === 0 && isRefused ? refuse() : undefined));
    add(0, 1, 2);
    await clock.tickAsync(60_000);
    expect(taken).to.deep.equal([1, 2]);
    expect(times(0)).to.be.within(6, 12);
    expect(queue.failure?.message).to.equal('refused');
    isRefused = false;
    queue.wake();
    await clock.tickAsync(10);
    expect(taken).to.deep.equal([1, 2, 0]);
    expect(queue.isEmpty).to.equal(true);
    expect(queue.failure).to.equal(undefined);
  });

  it('a letter that is refused when a later one has been taken holds up no other, not for a moment', async () => {
    const { add, taken, queue } = rig((number) => (number === 0 ? sleep(500).then(refuse) : undefined));
    add(0, 1, 2);
    await clock.tickAsync(501);
    expect(queue.failure?.message).to.equal('refused');
    add(3);
    await clock.tickAsync(1);
    expect(taken).to.deep.equal([1, 2, 3]);
  });

  it('none is offered after the end of the producer, also of those that were held back', async () => {
    const { add, offered, ended, queue } = rig((number) => (number === 0 ? refuse() : undefined));
    add(0);
    await clock.tickAsync(10);
    add(1);
    await clock.tickAsync(1500);
    expect(queue.failure?.message, 'it is held back').to.equal('refused');
    const before = offered.length;
    stop.abort();
    queue.end();
    await clock.tickAsync(60_000);
    expect(offered).to.have.lengthOf(before);
    expect(ended).to.deep.include([0, false]);
  });

  it('a wake while the target is asked with a second letter counts for the pause that follows', async () => {
    let isAway = true;
    const { add, taken, offered, queue } = rig(() => (isAway ? sleep(100).then(refuse) : undefined));
    add(0, 1);
    await clock.tickAsync(1150); // its first probe is under way
    const before = offered.length;
    queue.wake();
    await clock.tickAsync(100); // the second one is
    expect(offered).to.have.lengthOf(before + 1);
    isAway = false;
    await clock.tickAsync(200);
    expect(taken).to.deep.equal([0, 1]);
  });

  it('one refused letter does not hold up the others of a shutdown, which asks at once', async () => {
    const { add, taken, queue } = rig((number) => (number === 0 ? refuse() : undefined));
    add(...range(0, 60));
    await clock.tickAsync(10);
    queue.wake();
    await clock.tickAsync(100);
    expect(taken).to.deep.equal(range(1, 60));
  });

  it('a probe that never settles is told to end, and asked again; an answer that comes later counts', async () => {
    const late: (() => void)[] = [];
    let told = 0;
    let isAway = true;
    const { add, offered, ended } = rig((_number, signal) => {
      if (isAway) return refuse();
      signal.addEventListener('abort', () => told++);
      return new Promise<void>((resolve) => late.push(resolve));
    });
    add(0);
    await clock.tickAsync(500);
    isAway = false;
    await clock.tickAsync(30_000);
    expect(told).to.be.greaterThan(0);
    expect(offered.length).to.be.greaterThan(2);
    late[0]?.();
    await clock.tickAsync(10);
    expect(ended).to.deep.equal([[0, true]]);
  });

  it('a target that makes letters wait until it is back gets all in order', async () => {
    let isAway = true;
    const { add, taken, offered } = rig(async (number, signal) => {
      if (offered.length === 1) refuse();
      while (isAway && !signal.aborted) await sleep(100);
      await sleep(number === 0 ? 0 : 30);
      signal.throwIfAborted();
    });
    add(...range(0, 50));
    await clock.tickAsync(20_000); // with the third letter as a second probe next to the oldest
    isAway = false;
    await clock.tickAsync(60_000);
    expect(taken).to.deep.equal(range(0, 50));
  });

  it('a target that makes letters wait for capacity is not asked with others than the oldest', async () => {
    let isFull = false;
    const target = Object.assign(
      async (letter: DeadLetter, signal: AbortSignal) => {
        if (offered.push(numberIn(letter)) === 1) refuse();
        if (isFull) await new Promise((_resolve, reject) => signal.addEventListener('abort', reject));
      },
      { isFull: () => isFull },
    );
    const offered: number[] = [];
    const queue = new TargetQueue({ clock: systemClock, stop: stop.signal, target, failed() {}, recovered() {} });
    isFull = true;
    for (const number of range(0, 5)) void queue.add(numbered(number));
    await clock.tickAsync(60_000);
    expect(new Set(offered.slice(5))).to.deep.equal(new Set([0]));
    isFull = false;
    await clock.tickAsync(30_000);
    expect(offered.slice(-5)).to.deep.equal(range(0, 5));
  });

  it('a target that was away gets all in order, although it was asked with others than the oldest', async () => {
    let isAway = true;
    const { add, taken, offered } = rig(() => (isAway ? refuse() : undefined));
    add(...range(0, 50));
    await clock.tickAsync(60_000);
    expect(new Set(offered).size, 'others in turn').to.be.greaterThan(3);
    isAway = false;
    await clock.tickAsync(10_100);
    expect(taken).to.deep.equal(range(0, 50));
  });
});
