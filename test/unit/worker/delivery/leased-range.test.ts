import { expect } from 'chai';
import { SLOT_OVERHEAD, SlotMemory } from '../../../../src/shared/memory/slot.ts';
import { LeasedRange } from '../../../../src/worker/delivery/leased-range.ts';

describe('a leased range', () => {
  it('stays settled for whoever still holds it when its memory has other records', () => {
    const { shared, outcomes } = new SlotMemory(new SharedArrayBuffer(64 + SLOT_OVERHEAD));
    const lease = { shared, from: 0, count: 2, sequence: 0 };
    const range = new LeasedRange(lease);
    range.settle(0, 'delivered');
    expect([range.settled(0), range.settled(1), range.isSettled]).to.deep.equal([true, false, false]);
    range.settle(1, 'permanentlyFailed');
    outcomes.fill(0);
    const next = new LeasedRange(lease);
    expect([range.settled(0), range.settle(0, 'delivered')]).to.deep.equal([true, false]);
    expect([next.settled(0), next.wasDelivered(0)]).to.deep.equal([false, false]);
  });
});
