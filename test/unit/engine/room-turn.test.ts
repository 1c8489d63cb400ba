import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { Accounting } from '../../../src/engine/accounting.ts';
import { Intake } from '../../../src/engine/intake.ts';
import { MessageQueue } from '../../../src/queue/message-queue.ts';
import { RECORD_STATE } from '../../../src/queue/slot.ts';

describe('room in the queue', () => {
  it('lets whoever waits go on in a turn of its own: in that of the worker’s message the loop would starve', async () => {
    const bounds = { maxMessages: 1, maxBytes: 2 ** 20 };
    const queue = new MessageQueue(bounds);
    const settings = { topic: 'a', errorTopic: 'a' };
    const options = { ...bounds, settings, listeners: [], highWaterMark: 1, whenFull: 'block' } as never;
    const intake = new Intake({ options, queue, accounting: new Accounting(), arriving: () => 0, drop: () => {} });
    intake.accept({ value: 1 }, { isError: false, report: false });
    let goesOn = false;
    const waiting = intake.untilRoom({}).then(() => {
      goesOn = true;
    });

    queue.settleQueued(0, RECORD_STATE.expired);
    intake.opened();
    for (let microtask = 0; microtask < 20; microtask++) await undefined;
    expect(goesOn).to.equal(false);
    await turn();
    await waiting;
    expect(goesOn).to.equal(true);
  });
});
