import { expect } from 'chai';
import { Slot } from '../../../../src/shared/memory/slot.ts';
import { AttemptCount } from '../../../../src/worker/delivery/attempt-count.ts';
import { LeasedRange } from '../../../../src/worker/delivery/leased-range.ts';

describe('the charge of the oldest message', () => {
  it('keeps the last attempts of an outage that never ends, and no more (I3)', () => {
    const { shared } = new Slot(1, 16 * 1024);
    const charge = new AttemptCount({ range: new LeasedRange({ shared, from: 0, count: 1, sequence: 0 }), index: 0 });
    for (let attempt = 1; attempt <= 1000; attempt++) charge.add(new Error(`attempt ${attempt}`));
    expect(charge.attempts).to.equal(1000);
    const kept = charge.history.map(({ error }) => error.message);
    expect(kept).to.deep.equal(Array.from({ length: 20 }, (_, index) => `attempt ${981 + index}`));
  });
});
