import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import type sinon from 'sinon';
import { Addressing } from '../../../../../src/kinds/rabbitmq/addressing.ts';
import { Publisher, type PublisherContext } from '../../../../../src/kinds/rabbitmq/publish/publisher.ts';
import { returnError, routeOutage } from '../../../../../src/kinds/rabbitmq/replies.ts';
import { condemns } from '../../../../../src/shared/classify-error.ts';
import { PermanentSendError } from '../../../../../src/shared/errors.ts';
import { FakeChannel } from '../../../../support/fake-channel.ts';
import { fakeClock } from '../../../../support/fake-clock.ts';
import { PackedBatch, type PlainRecord } from '../../../../support/packed-batch.ts';
import { topicRefusal } from '../../../../support/rabbit-refusal.ts';

const numbered = (count: number): PlainRecord[] => Array.from({ length: count }, (_, n) => ({ value: String(n) }));

interface Rig {
  readonly publisher: Publisher;
  readonly channels: FakeChannel[];
  readonly lost: Error[];
  readonly asked: ((error: Error) => void)[];
  heldUp: boolean;
  send(batch: PackedBatch): Promise<'ended'>;
}

function rig(settings: Partial<PublisherContext['settings']> = {}, topic?: string): Rig {
  const channels: FakeChannel[] = [];
  const lost: Error[] = [];
  const asked: ((error: Error) => void)[] = [];
  const self = {
    asked,
    channels,
    lost,
    heldUp: false,
    send: async (batch: PackedBatch) => {
      const sent = publisher.send(batch).then((): 'ended' => 'ended');
      await turn();
      return sent;
    },
  };
  const publisher = new Publisher({
    settings: { persistent: true, mandatory: true, content_type: undefined, max_in_flight: 1000, ...settings },
    addressing: new Addressing({ ...(topic !== undefined && { topic }) }),
    returns: {
      errorOf: (reply) => {
        if (reply.routingKey === 'k') return returnError(reply);
        if (reply.routingKey === 'configured') return routeOutage(reply);
        return new Promise((resolve) => asked.push(resolve));
      },
    },
    refused: () => {},
    get heldUp() {
      return self.heldUp;
    },
    openChannel: async () => {
      const channel = new FakeChannel();
      channels.push(channel);
      return channel.channel;
    },
    lost: (error) => {
      lost.push(error);
      publisher.end(error);
    },
  });
  return Object.assign(self, { publisher }) as Rig;
}

/** What becomes of the batch: its deliveries in the order in which they were said, and its failures. */
const outcome = ({ deliveredAt, failures }: PackedBatch) => ({
  delivered: [...deliveredAt],
  failed: [...failures].map(([index, error]) => [index, error.message.split(/[:(]/)[0]?.trim()]),
});

const REFUSED = 'RabbitMQ did not take the message';

describe('the publisher of a RabbitMQ connection', () => {
  describe('a confirmation that no message has', () => {
    const STRAYS = { 'the next': 3, 'about 2^32': 4_294_902_903, 'the largest': 2 ** 64, none: 0 };
    for (const [what, tag] of Object.entries(STRAYS))
      for (const multiple of [false, true])
        for (const word of ['ack', 'nack'] as const)
          it(`ends the connection: ${word} of ${what}${multiple ? ' and all before it' : ''}`, async () => {
            const { send, channels, lost } = rig();
            const batch = new PackedBatch(numbered(2));
            const ended = send(batch);
            await turn();
            channels[0]?.[word](tag, multiple);
            await ended;
            expect(lost.map(({ message }) => message)).to.deep.equal(['a message was confirmed that was not sent']);
            expect(outcome(batch)).to.deep.equal({
              delivered: [],
              failed: [[0, 'the connection was lost']],
            });
          });
  });

  it('takes a confirmation that comes again for nothing, and does not pass it on', async () => {
    const { send, channels, lost } = rig();
    const batch = new PackedBatch(numbered(3));
    void send(batch);
    await turn();
    channels[0]?.ack(2, true);
    for (const multiple of [false, true]) {
      channels[0]?.nack(1, multiple);
      channels[0]?.nack(2, multiple);
    }
    expect(outcome(batch)).to.deep.equal({ delivered: [0, 1], failed: [] });
    expect(channels[0]?.heard).to.deep.equal([2]);
    expect(lost).to.deep.equal([]);
  });

  it('publishes batches in order, and says deliveries in order whatever the order of the confirmations', async () => {
    const { send, channels } = rig();
    const [first, second] = [new PackedBatch(numbered(3)), new PackedBatch(numbered(2))];
    void send(first);
    const ended = send(second);
    await turn();
    expect(channels[0]?.published.map(({ content }) => content)).to.deep.equal(['0', '1', '2', '0', '1']);
    channels[0]?.ack(5);
    channels[0]?.ack(2);
    expect(outcome(first).delivered).to.deep.equal([]);
    channels[0]?.ack(1);
    expect(outcome(first).delivered).to.deep.equal([0, 1]);
    channels[0]?.ack(4, true);
    expect(outcome(first).delivered).to.deep.equal([0, 1, 2]);
    expect(outcome(second).delivered).to.deep.equal([0, 1]);
    expect(await ended).to.equal('ended');
  });

  it('has no more unconfirmed than it may, and goes on with each confirmation', async () => {
    const { send, channels } = rig({ max_in_flight: 2 });
    const batch = new PackedBatch(numbered(5));
    const ended = send(batch);
    await turn();
    const channel = channels[0] as FakeChannel;
    expect(channel.published).to.have.lengthOf(2);
    channel.ack(1);
    expect(channel.published).to.have.lengthOf(3);
    channel.ack(3, true);
    expect(channel.published).to.have.lengthOf(5);
    channel.ack(5, true);
    expect(await ended).to.equal('ended');
    expect(batch.open).to.equal(0);
  });

  it('waits while the client holds as much as it should, and while RabbitMQ asks for it', async () => {
    const one = rig();
    const batch = new PackedBatch(numbered(4));
    void one.send(batch);
    await turn();
    expect(one.channels[0]?.published).to.have.lengthOf(4);
    const channel = one.channels[0] as FakeChannel;
    channel.room = false;
    void one.send(new PackedBatch(numbered(4)));
    await turn();
    expect(channel.published, 'one more, and that fills it').to.have.lengthOf(5);
    channel.room = true;
    one.heldUp = true;
    channel.emit('drain');
    expect(channel.published).to.have.lengthOf(5);
    one.heldUp = false;
    one.publisher.pump();
    expect(channel.published).to.have.lengthOf(8);
  });

  it('a returned message has failed although it is confirmed, and nothing waits for it', async () => {
    const { send, channels } = rig();
    const batch = new PackedBatch(numbered(3));
    const ended = send(batch);
    await turn();
    channels[0]?.return('packed-1');
    channels[0]?.ack(3, true);
    await ended;
    expect(outcome(batch)).to.deep.equal({ delivered: [0, 2], failed: [[1, 'unroutable']] });
  });

  it('a message that came back for what the configuration names is tried again, with all behind it', async () => {
    const { send, channels } = rig();
    const batch = new PackedBatch(numbered(4));
    const ended = send(batch);
    await turn();
    channels[0]?.return('packed-1', 'configured');
    channels[0]?.ack(4, true);
    await ended;
    expect(outcome(batch)).to.deep.equal({ delivered: [0], failed: [[1, 'unroutable']] });
    expect(condemns(batch.failures.get(1) as Error)).to.equal(undefined);
    expect(channels[0]?.closed).to.equal(true);
  });

  it('while RabbitMQ is asked why a message came back, nothing behind it settles', async () => {
    const { send, channels, asked } = rig();
    const batch = new PackedBatch(numbered(4));
    const ended = send(batch);
    await turn();
    channels[0]?.return('packed-1', 'asked');
    channels[0]?.ack(4, true);
    expect(outcome(batch)).to.deep.equal({ delivered: [0], failed: [] });
    asked[0]?.(new PermanentSendError('unroutable'));
    await ended;
    expect(outcome(batch)).to.deep.equal({ delivered: [0, 2, 3], failed: [[1, 'unroutable']] });
    expect(channels).to.have.lengthOf(1);
  });

  it('a routing key that a topic permission refuses condemns the messages that have it, and no search begins', async () => {
    const { send, channels } = rig();
    const batch = new PackedBatch(['a', 'b', 'c', 'b'].map((topic) => ({ topic, value: topic })));
    const ended = send(batch);
    await turn();
    channels[0]?.refuse(403, "access to topic 'b' in exchange '' in vhost '/' refused for user 'u'");
    await ended;
    expect([...batch.failures].map(([index, error]) => [index, condemns(error)])).to.deep.equal([
      [1, 'message'],
      [3, 'message'],
    ]);
  });

  for (const [what, topics, expected] of [
    ['one routing key', ['a', 'b', 'c', 'b'], { 1: 'message', 3: 'message' }],
    ['several routing keys', ['a', 'b', 'c', 'b2'], { 1: 'set', 3: 'set' }],
    ['no routing key', ['a', 'c'], { 0: 'set', 1: 'set' }],
  ] as const)
    it(`a truncated refusal that fits ${what} condemns only those messages, if there are any`, async () => {
      const { send, channels } = rig();
      const long = (topic: string) => topic.slice(0, 1).repeat(240) + topic;
      const batch = new PackedBatch(topics.map((topic) => ({ topic: long(topic), value: topic })));
      const ended = send(batch);
      await turn();
      const text = topicRefusal({ exchange: '', routingKey: long('b') });
      channels[0]?.refuse(403, text.replace('ACCESS_REFUSED - ', ''));
      await ended;
      const failed = [...batch.failures].map(([index, error]) => [index, condemns(error)]);
      expect(Object.fromEntries(failed)).to.deep.equal(expected);
    });

  const quoting = `orders' in exchange '' in vhost '${'v'.repeat(200)}`;
  const long = 'orders.'.repeat(33);
  for (const [what, refused, topics, expected] of [
    ['quotes the configured address', quoting, ['orders', quoting], { 0: 'set', 1: 'set' }],
    ['quotes the configured address, alone', quoting, [quoting], { 0: 'message' }],
    ['begins like a configured one', `${long}own`, [long, `${long}own`], { 0: 'set', 1: 'set' }],
    ['is a configured one', long, [long, 'other'], { 0: undefined }],
  ] as const)
    it(`a truncated refusal of a routing key that ${what} is an outage only if no message has such a key of its own`, async () => {
      const { send, channels } = rig({}, refused === quoting ? 'orders' : long);
      const batch = new PackedBatch(topics.map((topic) => ({ topic, value: topic })));
      const ended = send(batch);
      await turn();
      const text = topicRefusal({ exchange: '', routingKey: refused });
      expect(text).to.match(/\.{3}$/);
      channels[0]?.refuse(403, text.replace('ACCESS_REFUSED - ', ''));
      await ended;
      const failed = [...batch.failures].map(([index, error]) => [index, condemns(error)]);
      expect(Object.fromEntries(failed)).to.deep.equal(expected);
    });

  for (const [why, text, failed] of [
    ['names', "access to topic 'b' in exchange '' in vhost '/' refused for user 'u'", [3]],
    ['does not name', `access to topic '${'b'.repeat(200)}`, [0, 2, 3]],
  ] as const)
    it(`a message that RabbitMQ has taken is not refused with a later one that it ${why}`, async () => {
      const { send, channels } = rig();
      const batch = new PackedBatch(['a', 'b', 'c', 'b'].map((topic) => ({ topic, value: topic })));
      const ended = send(batch);
      await turn();
      channels[0]?.ack(2); // it waits to settle behind the first
      channels[0]?.refuse(403, text);
      await ended;
      expect([...batch.failures.keys()]).to.deep.equal(failed);
    });

  it("a stranger's return ends the connection: its confirmation would count for another one", async () => {
    const { send, channels, lost } = rig();
    const batch = new PackedBatch(numbered(1));
    const ended = send(batch);
    await turn();
    channels[0]?.return('nobody');
    await ended;
    expect(lost).to.have.lengthOf(1);
    expect(outcome(batch).delivered).to.deep.equal([]);
  });

  it('after a refusal all behind it goes again, on a channel that is opened when the old one is closed', async () => {
    const { send, channels } = rig();
    const batch = new PackedBatch(numbered(4));
    const ended = send(batch);
    await turn();
    channels[0]?.nack(2);
    channels[0]?.ack(4);
    channels[0]?.ack(1);
    channels[0]?.ack(3);
    await ended;
    expect(channels[0]?.closed).to.equal(true);
    expect(outcome(batch)).to.deep.equal({ delivered: [0], failed: [[1, REFUSED]] });
    batch.failures.clear();
    void send(batch);
    await turn();
    expect(channels[1]?.published.map(({ content }) => content)).to.deep.equal(['1', '2', '3']);
  });

  it('a channel that RabbitMQ closes for a message condemns all on their way, and those behind go again', async () => {
    for (const [code, scope] of [
      [406, 'set'],
      [404, undefined],
      [403, undefined],
      [541, undefined],
    ] as const) {
      const { send, channels, lost } = rig({ max_in_flight: 2 });
      const batch = new PackedBatch(numbered(4));
      const ended = send(batch);
      await turn();
      channels[0]?.refuse(code);
      await ended;
      const scopes = [...batch.failures.values()].map((error) => (error as { condemns?: string }).condemns);
      expect(scopes, String(code)).to.deep.equal(scope === 'set' ? ['set', 'set'] : [undefined]);
      expect(lost).to.have.lengthOf(0);
      batch.failures.clear();
      void send(batch);
      await turn();
      expect(channels).to.have.lengthOf(2);
    }
  });

  it('what AMQP cannot say fails alone, before it is published', async () => {
    const { send, channels } = rig();
    const batch = new PackedBatch([{ value: '0' }, { topic: 'unspeakable', value: '1' }, { value: '2' }]);
    const ended = send(batch);
    await turn();
    channels[0]?.ack(2, true);
    await ended;
    expect(outcome(batch)).to.deep.equal({ delivered: [0, 2], failed: [[1, 'AMQP cannot say this message']] });
  });

  it('a connection that ends charges the oldest on its way, and gives the others back', async () => {
    const { send, publisher } = rig();
    const batch = new PackedBatch(numbered(3));
    const ended = send(batch);
    await turn();
    publisher.end(new Error('gone'));
    await ended;
    expect(outcome(batch)).to.deep.equal({ delivered: [], failed: [[0, 'the connection was lost']] });
    const late = new PackedBatch(numbered(2));
    await send(late);
    expect(outcome(late).failed).to.deep.equal([[0, 'the connection was lost']]);
  });

  describe('recalled', () => {
    let clock: sinon.SinonFakeTimers;
    beforeEach(() => {
      clock = fakeClock();
    });
    afterEach(() => clock.restore());

    const sent = async (one: Rig, batch: PackedBatch): Promise<{ ended: boolean }> => {
      const state = { ended: false };
      void one.publisher.send(batch).then(() => {
        state.ended = true;
      });
      await clock.tickAsync(1);
      return state;
    };

    it('publishes nothing more, waits a moment for confirmations, and keeps a channel that has them all', async () => {
      const one = rig({ max_in_flight: 2 });
      const batch = new PackedBatch(numbered(4));
      const state = await sent(one, batch);
      one.publisher.recall();
      one.channels[0]?.ack(2, true);
      await clock.tickAsync(1);
      expect(state.ended).to.equal(true);
      expect(outcome(batch).delivered).to.deep.equal([0, 1]);
      await sent(one, batch);
      expect(one.channels).to.have.lengthOf(1);
      expect(one.channels[0]?.published).to.have.lengthOf(4);
    });

    it('gives up what is not confirmed, with its channel', async () => {
      const one = rig();
      const batch = new PackedBatch(numbered(4));
      const state = await sent(one, batch);
      one.publisher.recall();
      await clock.tickAsync(999);
      expect(state.ended).to.equal(false);
      await clock.tickAsync(2);
      expect(state.ended).to.equal(true);
      expect(one.channels[0]?.closed).to.equal(true);
      expect(one.lost).to.have.lengthOf(0);
    });

    it('ends a connection whose channel does not close', async () => {
      const one = rig();
      const state = await sent(one, new PackedBatch(numbered(4)));
      (one.channels[0] as FakeChannel).answers = false;
      one.publisher.recall();
      await clock.tickAsync(3001);
      expect(state.ended).to.equal(true);
      expect(one.lost).to.have.lengthOf(1);
    });
  });
});
