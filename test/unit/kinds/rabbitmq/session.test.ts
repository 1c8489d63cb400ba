import { EventEmitter } from 'node:events';
import type { ChannelModel } from 'amqplib';
import { expect } from 'chai';
import type sinon from 'sinon';
import { Addressing } from '../../../../src/kinds/rabbitmq/addressing.ts';
import { ChannelPace } from '../../../../src/kinds/rabbitmq/publish/channel-pace.ts';
import { returnError } from '../../../../src/kinds/rabbitmq/replies.ts';
import { Session, type SessionContext } from '../../../../src/kinds/rabbitmq/session.ts';
import { BackPressure, type Throttled } from '../../../../src/shared/back-pressure.ts';
import { FakeChannel } from '../../../support/fake-channel.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { LogLines } from '../../../support/log-lines.ts';
import { PackedBatch } from '../../../support/packed-batch.ts';

/** amqplib's connection; `goodbye` is what its `close` does. */
class FakeModel extends EventEmitter {
  readonly channel = new FakeChannel();
  goodbye: () => Promise<void> = async () => {};
  /** What amqplib knows of the connection. */
  connection: object | undefined;

  async createConfirmChannel() {
    return this.channel.channel;
  }

  close(): Promise<void> {
    return this.goodbye();
  }
}

describe('a connection to RabbitMQ', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  function rig(connection?: object) {
    const model = new FakeModel();
    model.connection = connection;
    const log = new LogLines();
    const told: (Throttled | undefined)[] = [];
    const backPressure = new BackPressure({ log, begins: 'wait', ends: 'go', tell: (one) => void told.push(one) });
    const cuts: number[] = [];
    const context: SessionContext = {
      log,
      server: 'rabbit:5672',
      backPressure,
      settings: { persistent: true, mandatory: true, max_in_flight: 10 },
      addressing: new Addressing({}),
      returns: { errorOf: (reply) => returnError(reply) },
      refused: () => {},
      pace: new ChannelPace(),
      cut: () => void cuts.push(clock.now),
    };
    const session = new Session(model as unknown as ChannelModel, context);
    /** The next connection of the same producer. */
    const again = () => {
      const next = new FakeModel();
      return { model: next, session: new Session(next as unknown as ChannelModel, context) };
    };
    const texts = () => log.lines.map(({ text }) => text.replace(/ \{.*/, ''));
    const warnings = () => log.lines.filter(({ level }) => level === 'warn').map(({ text }) => text);
    return { model, session, backPressure, told, cuts, warnings, texts, again };
  }

  it('that is lost while nothing is on its way says so once, is cut and is spent', () => {
    const { model, session, cuts, warnings } = rig();
    model.emit('error', new Error('Connection closed: 320 (CONNECTION-FORCED) with message "CONNECTION_FORCED - bye"'));
    model.emit('close');
    expect(warnings()).to.deep.equal(['the connection to RabbitMQ was lost {"err":"CONNECTION_FORCED - bye"}']);
    expect(cuts).to.have.lengthOf(1);
    expect(session.spent).to.equal(true);
  });

  it('that is lost with messages on their way leaves the words to whoever tries them again', async () => {
    const { model, session, cuts, warnings } = rig();
    const batch = new PackedBatch([{ value: '1' }]);
    const ended = session.send(batch);
    await clock.tickAsync(1);
    model.emit('error', new Error('Unexpected close'));
    await ended;
    expect(warnings()).to.deep.equal([]);
    expect(batch.failures.get(0)?.message).to.equal('the connection was lost: Unexpected close');
    expect(cuts).to.have.lengthOf(1);
  });

  it('that RabbitMQ holds up publishes nothing until it is let go, and counts the time', async () => {
    const { model, session, backPressure, told, warnings } = rig();
    model.emit('blocked', 'low on memory');
    void session.send(new PackedBatch([{ value: '1' }]));
    await clock.tickAsync(5000);
    expect(model.channel.published).to.have.lengthOf(0);
    expect(told).to.deep.equal([{ broker: 'rabbit:5672', reason: 'low on memory', since: 0, ms: null }]);
    model.emit('unblocked');
    expect(told.at(-1)).to.equal(undefined);
    expect(model.channel.published).to.have.lengthOf(1);
    await clock.tickAsync(5000);
    expect(backPressure.ms).to.equal(5000);
    expect(warnings()).to.have.lengthOf(1);
    model.emit('blocked', 'low on disk');
    model.emit('error', new Error('Heartbeat timeout'));
    expect(backPressure.leftMs, 'a connection that is gone holds nobody up').to.equal(0);
  });

  it('is closed with a goodbye, or without one at the deadline, or when it ends meanwhile; and cut each time', async () => {
    const answered = rig();
    await answered.session.close(1000);
    expect(answered.cuts).to.have.lengthOf(1);
    for (const [emits, after] of [
      [false, 1000],
      [true, 0],
    ] as const) {
      const { model, session, cuts, warnings } = rig();
      model.goodbye = () => new Promise(() => {});
      const begun = clock.now;
      const closed = session.close(1000);
      if (emits) model.emit('error', new Error('The operation was aborted'));
      await clock.tickAsync(1001);
      await closed;
      expect(cuts.map((at) => at - begun)).to.deep.equal([after]);
      expect(warnings()).to.deep.equal([]);
    }
  });

  it('that is lost while RabbitMQ holds it up does not say that messages are taken again, before one is', async () => {
    const first = rig();
    first.model.emit('blocked', 'low on memory');
    await clock.tickAsync(1000);
    first.model.emit('error', new Error('Unexpected close'));
    await first.session.close(100);
    expect(first.texts()).to.not.include('go');
    expect(first.told.at(-1)).to.equal(undefined);
    const second = first.again();
    void second.session.send(new PackedBatch([{ value: '1' }]));
    await clock.tickAsync(10);
    expect(first.texts()).to.not.include('go');
    second.model.channel.ack(1);
    expect(first.texts().at(-1)).to.equal('go');
  });

  describe('with a heartbeat of 10 s', () => {
    const silent = () => {
      const stream = { bytesRead: 0 };
      return { stream, ...rig({ heartbeat: 10, stream }) };
    };

    it('counts as lost after 20 s without a sign of life, and no later than 22 s', async () => {
      for (const lastSignMs of [0, 100, 5000, 9900]) {
        const { stream, session } = silent();
        await clock.tickAsync(lastSignMs);
        stream.bytesRead++;
        await clock.tickAsync(19_900);
        expect(session.spent, `sign after ${lastSignMs} ms`).to.equal(false);
        await clock.tickAsync(2700);
        expect(session.spent, `sign after ${lastSignMs} ms`).to.equal(true);
      }
    });

    it('lives with a sign each 15 s, and leaves no timer behind', async () => {
      const { stream, session } = silent();
      for (let sign = 0; sign < 20; sign++) {
        await clock.tickAsync(15_000);
        stream.bytesRead += 8;
      }
      expect(session.spent).to.equal(false);
      await Promise.all([session.close(100), clock.tickAsync(100)]);
      expect(clock.countTimers()).to.equal(0);
    });

    it('lives where what has come is read only after its thread has stood still', async () => {
      let looks = 0;
      const stream = {
        /** Something has come between the look at which the time is over, and the one behind what is read then. */
        get bytesRead() {
          return ++looks > 16 ? 1 : 0;
        },
      };
      const { session } = rig({ heartbeat: 10, stream });
      await clock.tickAsync(25_000);
      expect(looks).to.be.above(16);
      expect(session.spent).to.equal(false);
    });

    it('is never lost for silence without one', async () => {
      const { session } = rig({ heartbeat: 0, stream: { bytesRead: 0 } });
      await clock.tickAsync(3_600_000);
      expect(session.spent).to.equal(false);
    });
  });
});
