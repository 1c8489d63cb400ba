import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type sinon from 'sinon';
import { ConfigError, PermanentSendError, QueueFullError, type RouteError } from '../../../src/shared/errors.ts';
import type { Message } from '../../../src/shared/message/message.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { type RigOptions, RoutedRig } from '../../support/routed-rig.ts';

const SMALL = { queue: { max_messages: 2 } };
const REJECTING = { queue: { max_messages: 2, when_full: 'reject' } };

const failure = <E extends Error>(promise: Promise<unknown>): Promise<E> =>
  promise.then(
    () => expect.fail('it did not fail'),
    (reason: E) => reason,
  );

describe('the fallbacks of a route', () => {
  let clock: sinon.SinonFakeTimers;
  let rig: RoutedRig;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(async () => {
    await Promise.all([rig.runtime.shutdown(100), clock.tickAsync(2000)]);
    clock.restore();
  });

  const build = async (options: RigOptions) => {
    rig = await RoutedRig.build(options);
  };
  const never = () => new Promise(() => {});
  const refuse = () => {
    throw new PermanentSendError('cannot take it');
  };
  const produce = (...values: unknown[]) => {
    for (const value of values) rig.runtime.produce({ value: value as number });
  };

  describe('where a queue is full', () => {
    for (const [policy, first] of [
      ['block', SMALL],
      ['reject', REJECTING],
    ] as const)
      it(`${policy}: get the message at once, by produce, enqueue and send`, async () => {
        await build({ producers: { a: first, b: SMALL, c: {} }, routes: [{ to: ['a'], fallback: ['b', 'c'] }] });
        rig.script('a', never);
        rig.script('b', never);
        produce(0, 1, 2);
        await rig.runtime.enqueue({ value: 3 });
        const sent = rig.runtime.send({ value: 4 });
        await rig.runtime.enqueue({ value: 5 });
        await clock.tickAsync(10);
        expect((await sent).map(({ producer }) => producer)).to.deep.equal(['c']);
        expect(['a', 'b', 'c'].map((name) => rig.producer(name).stats().accepted)).to.deep.equal([2, 2, 2]);
        expect(rig.values('c')).to.deep.equal([4, 5]);
      });

    it('the policy of the last one counts: it refuses', async () => {
      await build({ producers: { a: SMALL, b: REJECTING }, routes: [{ to: ['a'], fallback: ['b'] }] });
      rig.script('a', never);
      rig.script('b', never);
      produce(0, 1, 2, 3);
      expect(() => produce(4)).to.throw(QueueFullError);
      expect(await failure(rig.runtime.enqueue({ value: 4 }))).to.be.instanceOf(QueueFullError);
    });

    it('the policy of the last one counts: callers wait', async () => {
      await build({ producers: { a: REJECTING, b: SMALL }, routes: [{ to: ['a'], fallback: ['b'] }] });
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      rig.script('a', never);
      rig.script('b', () => held);
      produce(0, 1, 2, 3);
      const waiting = rig.runtime.enqueue({ value: 4 });
      release();
      await clock.tickAsync(10);
      await waiting;
      expect(rig.values('b')).to.deep.equal([2, 3, 4]);
    });

    for (const [policy, first] of [
      ['block', SMALL],
      ['reject', REJECTING],
    ] as const)
      it(`callers that wait get through when an earlier one has capacity (${policy}), and the last one has not`, async () => {
        await build({ producers: { a: first, b: SMALL }, routes: [{ to: ['a'], fallback: ['b'] }] });
        let release = () => {};
        const held = new Promise<void>((resolve) => {
          release = resolve;
        });
        rig.script('a', () => held);
        rig.script('b', never);
        produce(0, 1, 2, 3);
        const waiting = [4, 5, 6].map((value) => rig.runtime.enqueue({ value }));
        await clock.tickAsync(10);
        release();
        await clock.tickAsync(10);
        await Promise.all(waiting);
        expect(rig.values('a')).to.deep.equal([0, 1, 4, 5, 6]);
      });

    it('stand in for one target while the others get the message as ever', async () => {
      await build({ producers: { a: SMALL, b: {}, c: {} }, routes: [{ to: ['a', 'b'], fallback: ['c'] }] });
      rig.script('a', never);
      produce(0, 1, 2, 3);
      await clock.tickAsync(10);
      expect([rig.values('b'), rig.values('c')]).to.deep.equal([
        [0, 1, 2, 3],
        [2, 3],
      ]);
    });

    it('stand in for one that is closed, too', async () => {
      await build({ producers: { a: {}, b: {} }, routes: [{ to: ['a'], fallback: ['b'] }] });
      await Promise.all([rig.producer('a').shutdown(100), clock.tickAsync(500)]);
      produce(1);
      await rig.runtime.enqueue({ value: 2 });
      await clock.tickAsync(10);
      expect(rig.values('b')).to.deep.equal([1, 2]);
    });
  });

  describe('where a message is given up', () => {
    it('get it, and then their own fallbacks: as it was, and counted with each', async () => {
      await build({
        producers: { a: {}, b: { topic: 'topic-of-b' }, c: {} },
        routes: [{ when: { header: { h: 'x' } }, to: ['a'], fallback: ['b', 'c'] }],
      });
      rig.script('a', refuse);
      const seenByB: Message[] = [];
      rig.script('b', (message) => {
        seenByB.push(message);
        refuse();
      });
      const message = { key: 'k', value: { n: 1 }, headers: { h: 'x' }, partition: 2, timestamp: 5 };
      rig.runtime.produce(message, { isError: true });
      rig.runtime.produce({ ...message, topic: 'mine' });
      await clock.tickAsync(10);
      expect(seenByB.map(({ topic }) => topic)).to.deep.equal(['topic-of-b', 'mine']);
      const [first, second] = rig.messages('c');
      for (const got of [first, second])
        expect(got).to.deep.include({
          key: Buffer.from('k'),
          value: Buffer.from('{"n":1}'),
          partition: 2,
          timestamp: 5,
        });
      expect([first?.topic, first?.isError, second?.topic, second?.isError]).to.deep.equal(['c', true, 'mine', false]);
      expect(first?.headers.map(([name, value]) => [name, String(value)])).to.deep.equal([
        ['h', 'x'],
        ['outspool-is-error', 'true'],
      ]);
      expect(second?.headers).to.have.lengthOf(1);
      for (const name of ['a', 'b']) expect(rig.producer(name).stats()).to.include({ deadLettered: 2, pending: 0 });
      expect(rig.producer('c').stats()).to.include({ accepted: 2, delivered: 2 });
    });

    it('pass over one that is full, and the last one is waited for', async () => {
      await build({ producers: { a: {}, b: SMALL, c: SMALL }, routes: [{ to: ['a'], fallback: ['b', 'c'] }] });
      rig.script('a', refuse);
      rig.script('b', never);
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      rig.script('c', () => held);
      produce(0, 1, 2, 3, 4, 5);
      await clock.tickAsync(5000);
      expect(rig.producer('a').stats()).to.include({ deadLettered: 4, pending: 2 });
      release();
      await clock.tickAsync(10_000);
      expect(rig.producer('a').stats()).to.include({ deadLettered: 6, pending: 0 });
      expect(rig.values('c')).to.have.members([2, 3, 4, 5]);
    });

    it('leave what they give up themselves to the dead-letter target of the last', async () => {
      const letters: string[] = [];
      await build({
        producers: { a: {}, b: {} },
        routes: [{ to: ['a'], fallback: ['b'] }],
        runtime: { deadLetter: ({ producer }) => letters.push(producer) },
      });
      rig.script('a', refuse);
      rig.script('b', refuse);
      produce(1);
      await clock.tickAsync(10);
      expect(letters).to.deep.equal(['b']);
    });

    it('are for what came by their route: not for what was given to the producer by name, or fits another route now', async () => {
      const letters: unknown[] = [];
      await build({
        producers: { a: {}, b: {} },
        routes: [
          { when: { topic: 'x' }, to: ['a'] },
          { to: ['a'], fallback: ['b'] },
        ],
        runtime: { deadLetter: ({ message }) => letters.push(message.json()) },
      });
      rig.script('a', refuse);
      rig.producer('a').produce({ value: 'by name' });
      rig.runtime.produce({ topic: 'x', value: 'other route' });
      produce('routed');
      await clock.tickAsync(10);
      expect(letters).to.deep.equal(['by name', 'other route']);
      expect(rig.values('b')).to.deep.equal(['routed']);
    });

    it('find the route of a message without a topic, whatever topic its producer gave it', async () => {
      await build({
        producers: { a: {}, b: {}, c: {} },
        routes: [
          { when: { topic: 'a' }, to: ['a'], fallback: ['c'] },
          { to: ['a'], fallback: ['b'] },
        ],
      });
      rig.script('a', refuse);
      produce('no topic');
      rig.runtime.produce({ topic: 'a', value: 'its topic' });
      await clock.tickAsync(10);
      expect([rig.values('b'), rig.values('c')]).to.deep.equal([['no topic'], ['its topic']]);
    });

    it('get a message twice for which two targets were tried', async () => {
      await build({ producers: { a: {}, b: {}, c: {} }, routes: [{ to: ['a', 'b'], fallback: ['c'] }] });
      rig.script('a', refuse);
      rig.script('b', refuse);
      produce('x');
      await clock.tickAsync(10);
      expect(rig.values('c')).to.deep.equal(['x', 'x']);
    });

    it('are named by send, which rejects: nobody knows yet how the fallback will fare', async () => {
      await build({ producers: { a: {}, b: {} }, routes: [{ to: ['a'], fallback: ['b'] }] });
      rig.script('a', refuse);
      const sent = failure<RouteError>(rig.runtime.send({ value: 1 }));
      await clock.tickAsync(10);
      const { outcome, targets, message } = await sent;
      expect(outcome).to.equal('dead_lettered');
      expect(targets.map(({ producer, fallback }) => [producer, fallback])).to.deep.equal([['a', 'b']]);
      expect(message).to.match(/^route 'route-1': a dead_lettered: .*cannot take it, b has taken it$/);
      expect(rig.values('b')).to.deep.equal([1]);
    });
  });

  it('end after those for whom they stand in, and get what those give up while they end', async () => {
    await build({ producers: { b: {}, a: {} }, routes: [{ to: ['a'], fallback: ['b'] }] });
    rig.script('a', refuse);
    produce(1, 2, 3);
    const [outcomes] = await Promise.all([rig.runtime.shutdown(1000), clock.tickAsync(2000)]);
    expect(outcomes.a).to.include({ deadLettered: 3, undelivered: 0 });
    expect(outcomes.b).to.include({ delivered: 3, undelivered: 0 });
  });

  it('get what a shutdown leaves, where that goes to the dead-letter target', async () => {
    await build({
      producers: { a: { on_shutdown: 'dead_letter', dead_letter: { file: join(tmpdir(), 'never-written') } }, b: {} },
      routes: [{ to: ['a'], fallback: ['b'] }],
    });
    rig.script('a', never);
    produce(1, 2);
    const [outcomes] = await Promise.all([rig.runtime.shutdown(1000), clock.tickAsync(2000)]);
    expect([outcomes.a?.deadLettered, outcomes.b?.delivered]).to.deep.equal([2, 2]);
  });

  it('cannot go round in a circle', async () => {
    const producers = { a: {}, b: {}, c: { dead_letter: { producer: 'a' } } };
    const circle = (...routes: RigOptions['routes']) => failure<Error>(RoutedRig.build({ producers, routes }));
    const mutual = [
      { to: ['a'], fallback: ['b'] },
      { to: ['b'], fallback: ['a'] },
    ];
    for (const error of [await circle(...mutual), await circle({ to: ['a'], fallback: ['b', 'c'] })])
      expect(error)
        .to.be.instanceOf(ConfigError)
        .and.match(/would come back/);
    expect(await circle({ to: ['a'], fallback: ['x'] })).to.match(/no producer 'x'/);
    await build({ producers, routes: [] });
  });
});
