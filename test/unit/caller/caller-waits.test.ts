import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import type sinon from 'sinon';
import { Room } from '../../../src/caller/intake/room-waiters.ts';
import { DeliveryWaits } from '../../../src/caller/settlement/delivery-waiters.ts';
import { StartWaits } from '../../../src/caller/start-waiters.ts';
import { JOBS_A_TURN } from '../../../src/shared/util/pacer.ts';
import { Waits } from '../../../src/shared/util/wait.ts';
import { CALLER_LISTS } from '../../support/caller-lists.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const MANY = 10 * JOBS_A_TURN;

describe('waits of callers', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  for (const [name, build] of Object.entries(CALLER_LISTS)) {
    const ends: Readonly<Record<string, (controller: AbortController, release: () => void) => unknown>> = {
      'their deadline': () => clock.tick(1000),
      'the signal': (controller) => controller.abort(),
      'what they wait for': (_controller, release) => release(),
    };
    for (const [how, end] of Object.entries(ends))
      it(`${name}: thousands that end by ${how} are told in slices, and leave no listener and no timer`, async () => {
        const controller = new AbortController();
        const list = build();
        let told = 0;
        for (let index = 0; index < MANY; index++) {
          const count = () => void told++;
          void list.wait({ timeout: 1000, signal: controller.signal }, index).then(count, count);
        }
        expect(getEventListeners(controller.signal, 'abort')).to.have.lengthOf(1);
        end(controller, list.release);
        for (let microtask = 0; microtask < 20; microtask++) await undefined;
        expect(told).to.be.within(1, MANY / 2);
        await clock.tickAsync(100);
        expect(told).to.equal(MANY);
        expect(getEventListeners(controller.signal, 'abort')).to.have.lengthOf(0);
        expect(clock.countTimers()).to.equal(0);
      });

    it(`${name}: an aborted signal ends a wait at once, also where it was aborted before`, async () => {
      let told = 0;
      const signal = AbortSignal.abort(new Error('before'));
      const count = () => void told++;
      void build().wait({ timeout: Infinity, signal }, 0).then(count, count);
      await clock.tickAsync(0);
      expect(told).to.equal(1);
    });
  }

  it('are not in the list any more once they have settled, for whatever reason', async () => {
    const waits = new Waits<void>(() => {});
    const controller = new AbortController();
    const [late, aborted, resolved, rejected] = [{ timeout: 10 }, { signal: controller.signal }, {}, {}].map(
      (options) => waits.add(undefined, options),
    );
    clock.tick(10);
    expect([late?.isSettled, waits.size]).to.deep.equal([true, 3]);
    controller.abort();
    expect([aborted?.isSettled, waits.size]).to.deep.equal([true, 2]);
    resolved?.resolve();
    rejected?.reject(() => new Error('no'));
    expect([waits.size, waits.first]).to.deep.equal([0, undefined]);
    await rejected?.promise.catch(() => {});
  });

  it('a wait whose signal has been aborted already is given up, and never in the list', async () => {
    const waits = new Waits<string>((_wait, reason) => reason);
    const wait = waits.add(undefined, { signal: AbortSignal.abort() });
    expect([wait.isSettled, waits.size, clock.countTimers()]).to.deep.equal([true, 0, 0]);
    expect(await wait.promise).to.equal('aborted');
  });

  it('a send that was not acknowledged in time is not waited for any longer', async () => {
    const waits = new DeliveryWaits({ withdraw: () => false, waitsOnDisk: () => false, lastError: () => undefined });
    const sent = waits.for(7, { timeout: 10, askedMs: 10 }).catch((error: Error) => error.name);
    clock.tick(10);
    expect([waits.size, waits.has(7)]).to.deep.equal([0, false]);
    expect(await sent).to.equal('DeliveryTimeoutError');
  });

  it('what is settled in slices is what waited then: a caller that comes meanwhile waits for the next time', async () => {
    const starts = new StartWaits('rig', () => undefined);
    const told: string[] = [];
    const wait = (name: string) => void starts.until({ timeout: Infinity }).then(() => told.push(name));
    for (let count = 0; count <= JOBS_A_TURN; count++) wait('first');
    starts.connected();
    wait('second');
    await clock.tickAsync(10);
    expect([told.length, told.includes('second')]).to.deep.equal([JOBS_A_TURN + 1, false]);
  });

  it('room is not given to a caller whose signal was aborted, though thousands are told of it before', async () => {
    const room = new Room();
    const controller = new AbortController();
    let isOpen = false;
    let taken = 0;
    const attempt = () => (isOpen ? ++taken : undefined);
    for (let index = 0; index < MANY; index++) room.until(attempt, { signal: controller.signal }).catch(() => {});
    const patient = room.until(attempt, {});
    controller.abort();
    isOpen = true;
    for (let turns = 0; turns < MANY / JOBS_A_TURN + 1; turns++) room.opened();
    expect(taken).to.equal(1);
    await clock.tickAsync(100);
    expect(await patient).to.equal(1);
  });

  it('a caller whose deadline comes before it has heard of its abort was aborted', async () => {
    const controller = new AbortController();
    const waits = new Waits<string>((_wait, reason) => reason);
    const all = Array.from({ length: 2 * JOBS_A_TURN }, () => waits.add(undefined, { signal: controller.signal }));
    controller.abort();
    all.at(-1)?.expired();
    await clock.tickAsync(100);
    expect(await all.at(-1)?.promise).to.equal('aborted');
  });

  it('no caller has waited for long where the first caller has given up', async () => {
    let said = 0;
    const room = new Room(() => said++);
    const waiting = room.until(() => undefined, { timeout: 100 }).catch(() => {});
    await clock.tickAsync(1000);
    await waiting;
    expect(said).to.equal(0);
  });
});
