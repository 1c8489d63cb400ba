import { getEventListeners } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { sendOneByOne } from '../../../../src/shared/send-one-by-one.ts';
import { LinkedAbort, linked, listen, onAbort, orAborted } from '../../../../src/shared/util/abort.ts';
import { systemClock } from '../../../../src/shared/util/clock.ts';
import { within } from '../../../../src/shared/util/within.ts';
import { PackedBatch } from '../../../support/packed-batch.ts';
import { REPOSITORY } from '../../../support/repository.ts';

const turns = async () => {
  for (let count = 0; count < 3; count++) await setImmediate();
};

const listenersOf = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

describe('listeners of a signal that lives for long', () => {
  const SHORT: Readonly<Record<string, (signal: AbortSignal) => Promise<unknown>>> = {
    'a pause': (signal) => systemClock.sleep(0, signal),
    'a deadline': (stop) => within(Promise.resolve(), 1000, { clock: systemClock, stop }),
    'a signal of its own': (signal) => linked([signal, undefined], async () => {}),
    'work that may be cut short': (signal) => orAborted(Promise.resolve(), signal),
    'work that fails': (signal) => orAborted(Promise.reject(new Error('no')), signal).catch(() => {}),
  };
  for (const [name, work] of Object.entries(SHORT))
    it(`are taken away: ${name}`, async () => {
      const { signal } = new AbortController();
      for (let round = 0; round < 20; round++) {
        const works = Array.from({ length: 50 }, () => work(signal));
        expect(listenersOf(signal)).to.be.at.most(1);
        await Promise.all(works);
        expect(listenersOf(signal)).to.equal(0);
      }
    });

  it('all that are left hear of it, and who comes too late hears at once', async () => {
    const controller = new AbortController();
    const heard: number[] = [];
    onAbort(controller.signal, () => heard.push(1));
    const forget = onAbort(controller.signal, () => heard.push(2));
    onAbort(controller.signal, () => heard.push(3));
    forget();
    forget();
    controller.abort();
    expect(heard).to.deep.equal([1, 3]);
    onAbort(controller.signal, () => heard.push(4));
    expect(heard).to.deep.equal([1, 3, 4]);
  });

  it('of thousands a part is told in each turn, behind the functions; what is taken away meanwhile hears nothing', async () => {
    const controller = new AbortController();
    const heard: (number | string)[] = [];
    const listeners = Array.from({ length: 600 }, (_, index) => ({ aborted: () => void heard.push(index) }));
    const hearings = listeners.map((listener) => listen(controller.signal, listener));
    onAbort(controller.signal, () => heard.push('a function'));
    controller.abort();
    expect(heard).to.deep.equal(['a function', ...listeners.slice(0, 256).keys()]);
    for (const index of [0, 256, 599]) hearings[index]?.delete(listeners[index] as (typeof listeners)[number]);
    listen(controller.signal, { aborted: () => heard.push('late') });
    await turns();
    expect(heard.slice(257)).to.deep.equal(['late', ...Array.from({ length: 342 }, (_, index) => 257 + index)]);
  });

  it('one that is taken away twice leaves those of the same signal that came later', () => {
    const { signal } = new AbortController();
    const forget = onAbort(signal, () => {});
    forget();
    const later = onAbort(signal, () => {});
    forget();
    onAbort(signal, () => {});
    expect(listenersOf(signal)).to.equal(1);
    later();
  });

  it('a link passes the reason on, until it is released', () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const link = new LinkedAbort(first.signal, second.signal);
    const released = new LinkedAbort(first.signal, second.signal);
    released.release();
    second.abort('over');
    expect([link.signal.reason, released.signal.aborted]).to.deep.equal(['over', false]);
    expect(new LinkedAbort(undefined, second.signal).signal.aborted).to.equal(true);
  });

  it('what foreign code leaves at the signal of a send goes with its batch', async () => {
    const controller = new AbortController();
    const batch = Object.defineProperty(new PackedBatch([{ value: 'a' }, { value: 'b' }]), 'signal', {
      value: controller.signal,
    });
    const given = new Set<AbortSignal>();
    await sendOneByOne(batch, (_message, signal) => {
      given.add(signal);
      signal.addEventListener('abort', () => {});
      if (given.size === 1) expect(listenersOf(controller.signal)).to.equal(1);
    });
    expect([given.size, given.has(controller.signal), listenersOf(controller.signal)]).to.deep.equal([1, false, 0]);
  });

  it('no file of ours uses AbortSignal.any, which keeps something of each call for as long as its sources live', () => {
    const files = readdirSync(join(REPOSITORY, 'src'), { recursive: true, encoding: 'utf8' });
    const using = files
      .filter((file) => file.endsWith('.ts'))
      .filter((file) => /AbortSignal\.any\(/.test(readFileSync(join(REPOSITORY, 'src', file), 'utf8')));
    expect(using).to.deep.equal([]);
  });
});
