import { expect } from 'chai';
import { SendDeadline } from '../../../../src/cli/send/send-deadline.ts';

describe('the deadline of produce send', () => {
  let now = 0;
  const deadline = (ms: number) => new SendDeadline(ms, () => now);
  beforeEach(() => {
    now = 5000;
  });

  it('is one for connecting, delivering and the end', () => {
    const one = deadline(3000);
    expect([one.flushMs, one.closeMs]).to.deep.equal([2400, 3000]);
    now += 1000;
    expect([one.flushMs, one.closeMs]).to.deep.equal([1400, 2000]);
    now += 1400;
    expect([one.flushMs, one.closeMs]).to.deep.equal([0, 600]);
    now += 10_000;
    expect([one.flushMs, one.closeMs]).to.deep.equal([0, 600]);
    expect(deadline(60_000).flushMs).to.equal(59_000);
  });

  it('stands still while the input is read, also where that fails', async () => {
    const one = deadline(3000);
    const reading = async () => {
      now += 3_600_000;
      throw new Error('bad line');
    };
    await one.without(reading).catch(() => {});
    expect(one.flushMs).to.equal(2400);
  });
});
