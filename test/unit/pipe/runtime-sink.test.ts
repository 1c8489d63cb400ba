import { expect } from 'chai';
import type { Routes } from '../../../src/config/routes/schema.ts';
import { RuntimeSink } from '../../../src/pipe/runtime-sink.ts';
import { ProducerClosedError, PublishError } from '../../../src/shared/errors.ts';

type Runtime = ConstructorParameters<typeof RuntimeSink>[0];

/** Two lanes for topic `a`, of which the first has somebody who stands in; nothing for the rest. */
const ROUTES: Routes = {
  routes: [{ name: 'one', when: { topic: 'a' }, to: ['first', 'second'], fallback: ['spare'] }],
  unmatched: 'drop',
};

const sinkOf = (room: Record<string, boolean | Error>, routes = ROUTES) => {
  const producer = (name: string) => ({
    waitForRoom: async () => {
      const has = room[name] ?? false;
      if (has instanceof Error) throw has;
      return has;
    },
  });
  const runtime = { producer, enqueue: async () => {}, send: async () => [] };
  return new RuntimeSink(runtime as unknown as Runtime, routes);
};

const line = (topic: string) => ({ message: { topic, value: 1 }, isError: false });
const options = { isError: false, timeout: 1 };

describe('the producers behind a pipeline', () => {
  it('have room when each target has, or who stands in for it', async () => {
    const hasRoom = (room: Record<string, boolean>, topic = 'a') => sinkOf(room).hasRoom(line(topic));
    expect(await hasRoom({ first: true, second: true })).to.equal(true);
    expect(await hasRoom({ first: true })).to.equal(false);
    expect(await hasRoom({ first: true, spare: true })).to.equal(true);
    expect(await hasRoom({}, 'b')).to.equal(true);
  });

  it('that have ended say so themselves', async () => {
    const closed = new ProducerClosedError('over');
    expect(await sinkOf({ first: closed, second: closed }).hasRoom(line('a'))).to.equal(true);
  });

  it('have not got what no route takes, whatever dropping it promises', async () => {
    const sink = sinkOf({});
    for (const given of [sink.send(line('b').message, options), sink.enqueue(line('b').message, options)]) {
      const error = await given.then(
        () => undefined,
        (thrown) => thrown,
      );
      expect(error).to.be.instanceOf(PublishError).and.to.have.property('outcome', 'dropped');
    }
    await sink.enqueue(line('a').message, options);
  });
});
