import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { useFakeTimers } from 'sinon';
import { Intake } from '../../../../src/caller/intake/intake.ts';
import { Room } from '../../../../src/caller/intake/room-waiters.ts';
import { MessageQueue } from '../../../../src/caller/queue/message-queue.ts';
import { Accounting } from '../../../../src/caller/settlement/accounting.ts';
import { RECORD_STATE } from '../../../../src/shared/memory/slot.ts';

describe('room in the queue', () => {
  it('lets whoever waits go on in a turn of its own: in that of the worker’s message the loop would starve', async () => {
    const bounds = { maxMessages: 1, maxBytes: 2 ** 20 };
    const queue = new MessageQueue(bounds);
    const settings = { topic: 'a', errorTopic: 'a' };
    const options = { ...bounds, settings, listeners: [], highWaterMark: 1, whenFull: 'block' } as never;
    const intake = new Intake({
      options,
      queue,
      accounting: new Accounting(),
      settlement: { drop: () => {} },
      spooling: undefined,
      life: { assertOpen: () => {} },
      turn: { arriving: () => 0 },
    });
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

  it('says that a caller has waited for long, every 250 ms, and of a caller that has just come it says nothing', async () => {
    const clock = useFakeTimers();
    try {
      let said = 0;
      let isOpen = false;
      const room = new Room(() => said++);
      const attempt = () => (isOpen ? true : undefined);
      const first = room.until(attempt, {});
      clock.tick(200);
      isOpen = true;
      room.opened();
      await first;
      isOpen = false;
      const second = room.until(attempt, {});
      clock.tick(200);
      expect(said).to.equal(0);
      clock.tick(200);
      expect(said).to.equal(1);
      isOpen = true;
      room.opened();
      await second;
      clock.tick(1000);
      expect(said).to.equal(1);
    } finally {
      clock.restore();
    }
  });
});
