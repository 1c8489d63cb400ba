import { expect } from 'chai';
import type { CapacityCheck } from '../../../src/caller/intake/capacity-check.ts';
import { FifoTurns } from '../../../src/routing/fifo-turns.ts';
import { QueueFullError } from '../../../src/shared/errors.ts';
import { type Deferred, deferred } from '../../../src/shared/util/deferred.ts';
import { JOBS_A_TURN } from '../../../src/shared/util/pacer.ts';

describe('callers whose messages go to several producers', () => {
  it('get through in the order in which they came, also past one who comes when the first has just been let go on', async () => {
    const turnstile = new FifoTurns();
    const opening: Deferred<void> = deferred();
    const check = { untilRoomFor: () => opening.promise } as unknown as CapacityCheck;
    let hasRoom = false;
    const order: string[] = [];
    const pass = (name: string) =>
      turnstile.pass(
        8,
        () => (hasRoom ? { got: order.push(name) } : { error: new QueueFullError('full'), checks: [check] }),
        {},
      );
    const first = pass('first');
    const second = pass('second');
    hasRoom = true;
    opening.resolve();
    const third = pass('third');
    await Promise.all([first, second, third]);
    await pass('fourth');
    expect(order).to.deep.equal(['first', 'second', 'third', 'fourth']);
  });

  it('a caller whose signal is aborted when its turn has come, and it has not heard of that yet, hands nothing over', async () => {
    const turnstile = new FifoTurns();
    const opening: Deferred<void> = deferred();
    const check = { untilRoomFor: () => opening.promise } as unknown as CapacityCheck;
    let hasRoom = false;
    const got: string[] = [];
    const pass = (name: string, signal?: AbortSignal) =>
      turnstile.pass(
        8,
        () => (hasRoom ? { got: got.push(name) } : { error: new QueueFullError('full'), checks: [check] }),
        {
          ...(signal && { signal }),
        },
      );
    const [others, own] = [new AbortController(), new AbortController()];
    const first = pass('first');
    const second = pass('second', own.signal).catch((error: Error) => error.name);
    for (let caller = 0; caller < JOBS_A_TURN; caller++) pass('other', others.signal).catch(() => {});
    others.abort(); // enough for one turn of the event loop
    hasRoom = true;
    opening.resolve();
    await first;
    own.abort();
    expect(await second).to.equal('PublishError');
    await pass('third');
    expect(got).to.deep.equal(['first', 'third']);
  });
});
