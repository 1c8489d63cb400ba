import { expect } from 'chai';
import { type Deferred, deferred } from '../../../src/deferred.ts';
import type { Gate } from '../../../src/engine/gate.ts';
import { QueueFullError } from '../../../src/errors.ts';
import { Turnstile } from '../../../src/routing/turnstile.ts';

describe('callers whose messages go to several producers', () => {
  it('get through in the order in which they came, also past one who comes when the first has just been let go on', async () => {
    const turnstile = new Turnstile();
    const opening: Deferred<void> = deferred();
    const gate = { untilRoomFor: () => opening.promise } as unknown as Gate;
    let hasRoom = false;
    const order: string[] = [];
    const pass = (name: string) =>
      turnstile.pass(8, () => (hasRoom ? { got: order.push(name) } : { error: new QueueFullError('full'), gate }), {});
    const first = pass('first');
    const second = pass('second');
    hasRoom = true;
    opening.resolve();
    const third = pass('third');
    await Promise.all([first, second, third]);
    await pass('fourth');
    expect(order).to.deep.equal(['first', 'second', 'third', 'fourth']);
  });
});
