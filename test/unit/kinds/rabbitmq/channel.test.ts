/** Channels of amqplib, before and after what a server says on them. */

import type { ConfirmChannel } from 'amqplib';
import { expect } from 'chai';
import { onConfirmed, openSideChannel } from '../../../../src/kinds/rabbitmq/channel.ts';
import { FakeChannel } from '../../../support/fake-channel.ts';

/** What amqplib has counted by a confirmation that came before anything was published. */
const COUNTED = { unconfirmed: new Array(5), lwm: 6 };
const FRESH = { unconfirmed: [], lwm: 1 };

const countsOf = (channel: object) => {
  const { unconfirmed, lwm } = channel as typeof FRESH;
  return { unconfirmed, lwm };
};

describe('a channel of amqplib', () => {
  it('forgets what was confirmed before anything was published', async () => {
    const side = Object.assign(new FakeChannel(), COUNTED);
    await openSideChannel({ createChannel: async () => side.channel });
    const confirming = Object.assign(new FakeChannel(), COUNTED);
    onConfirmed(confirming as unknown as ConfirmChannel, () => true);
    expect([side, confirming].map(countsOf)).to.deep.equal([FRESH, FRESH]);
  });

  it('hears of no confirmation where nothing is published', async () => {
    const side = new FakeChannel();
    await openSideChannel({ createChannel: async () => side.channel });
    side.ack(2 ** 32 - 2);
    side.nack(1, true);
    expect(side.heard).to.deep.equal([]);
  });
});
