import { expect } from 'chai';
import { ChannelPace } from '../../../../../src/kinds/rabbitmq/publish/channel-pace.ts';
import { fakeClock } from '../../../../support/fake-clock.ts';

describe('the pace at which channels are opened', () => {
  it('is free for a search, and ten a second for what lasts', async () => {
    const clock = fakeClock();
    try {
      const pace = new ChannelPace();
      let opened = 0;
      const always = async () => {
        while (clock.now < 10_000) {
          await pace.turn();
          opened++;
        }
      };
      const running = always();
      await clock.tickAsync(0);
      expect(opened, 'at once').to.equal(20);
      await clock.tickAsync(10_000);
      await running;
      expect(opened).to.be.within(118, 122);
      await clock.tickAsync(60_000);
      const before = opened;
      await Promise.all(Array.from({ length: 20 }, () => pace.turn()));
      expect(opened).to.equal(before);
    } finally {
      clock.restore();
    }
  });
});
