import { expect } from 'chai';
import type sinon from 'sinon';
import {
  InvalidMessageError,
  PermanentSendError,
  ProducerClosedError,
  PublishError,
  QueueFullError,
  RouteError,
  UnroutedError,
} from '../../../src/shared/errors.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { type RigOptions, RoutedRig } from '../../support/routed-rig.ts';

const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => expect.fail('it did not fail'),
    (reason: Error) => reason,
  );

const SMALL = { queue: { max_messages: 3 } };

describe('a runtime with routes', () => {
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
  const accepted = (...names: string[]) => names.map((name) => rig.producer(name).stats().accepted);

  it('hands a message to the producer of its route, and counts it there', async () => {
    await build({
      producers: { a: {}, b: {} },
      routes: [{ name: 'errors', when: { is_error: true }, to: ['b'] }, { to: ['a'] }],
    });
    expect(rig.runtime.produce({ value: 1 })).to.equal(true);
    rig.runtime.produce({ value: 2 }, { isError: true });
    await rig.runtime.enqueue({ value: 3 });
    const sent = rig.runtime.send({ value: 4 }, { isError: true });
    await clock.tickAsync(10);
    expect((await sent).map(({ producer }) => producer)).to.deep.equal(['b']);
    expect([rig.values('a'), rig.values('b')]).to.deep.equal([
      [1, 3],
      [2, 4],
    ]);
    expect(rig.messages('b').map(({ isError }) => isError)).to.deep.equal([true, true]);
    expect(rig.runtime.stats()).to.deep.include({ routes: { errors: 2, 'route-2': 2 }, unmatched: 0 });
    expect(rig.runtime.stats().producers.a).to.include({ accepted: 2, delivered: 2 });
  });

  it('refuses what fits no route, with a word about it, or drops and counts it', async () => {
    await build({ producers: { a: {} }, routes: [{ when: { topic: 'a' }, to: ['a'] }] });
    expect(() => rig.runtime.produce({ topic: 'b', value: 1 })).to.throw(UnroutedError, "a message for topic 'b'");
    expect(await failure(rig.runtime.enqueue({ value: 1 }))).to.be.instanceOf(UnroutedError);
    expect(await failure(rig.runtime.send({ value: 1 }))).to.be.instanceOf(UnroutedError);
    expect(rig.runtime.stats().unmatched).to.equal(3);
    await build({ producers: { a: {} }, routes: [{ when: { topic: 'a' }, to: ['a'] }], unmatched: 'drop' });
    expect(rig.runtime.produce({ topic: 'b', value: 1 })).to.equal(true);
    await rig.runtime.enqueue({ value: 1 });
    expect(await rig.runtime.send({ value: 1 })).to.deep.equal([]);
    expect(rig.runtime.stats().unmatched).to.equal(3);
  });

  it('refuses what is no message also where no route takes it, and does not count it', async () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const wrong = [
      { value: undefined },
      { value: () => 1 },
      { value: circular },
      { value: 1, topic: '' },
      { value: 1n },
    ];
    for (const unmatched of ['drop', 'error'] as const) {
      await build({ producers: { a: {} }, routes: [{ when: { topic: 'a' }, to: ['a'] }], unmatched });
      for (const message of wrong) {
        expect(() => rig.runtime.produce(message as never)).to.throw(InvalidMessageError);
        expect(await failure(rig.runtime.enqueue(message as never))).to.be.instanceOf(InvalidMessageError);
      }
      expect(rig.runtime.stats().unmatched).to.equal(0);
    }
  });

  it('without routes has one producer to choose, or says that there is a choice', async () => {
    await build({ producers: { a: {} }, routes: [] });
    rig.runtime.produce({ value: 1 });
    await build({ producers: { a: {}, b: {} }, routes: [] });
    expect(() => rig.runtime.produce({ value: 1 })).to.throw(UnroutedError, 'several producers (a, b) and no routes');
  });

  it('refuses what is no message, by the words of a producer', async () => {
    await build({ producers: { a: {}, b: {} }, routes: [{ to: ['a', 'b'] }] });
    for (const wrong of [undefined, null, 5, {}, { value: 1, topik: 'x' }, { value: 1, headers: 5 }, { value: 1n }]) {
      expect(() => rig.runtime.produce(wrong as never)).to.throw(InvalidMessageError);
      expect(await failure(rig.runtime.enqueue(wrong as never))).to.be.instanceOf(InvalidMessageError);
    }
    expect(accepted('a', 'b')).to.deep.equal([0, 0]);
  });

  describe('that lead to several producers', () => {
    it('hands the message to each, where it settles by itself', async () => {
      await build({ producers: { a: {}, b: { error_topic: 'errors' } }, routes: [{ to: ['a', 'b'] }] });
      rig.script('b', () => {
        throw new PermanentSendError('no');
      });
      const message = { topic: 't', key: 'k', value: { n: 1 }, headers: { h: 'x' }, partition: 2, timestamp: 5 };
      rig.runtime.produce(message, { isError: true });
      await clock.tickAsync(10);
      const [got] = rig.messages('a');
      expect(got).to.deep.include({ topic: 't', partition: 2, timestamp: 5, isError: true });
      expect([got?.json(), String(got?.key)]).to.deep.equal([{ n: 1 }, 'k']);
      expect(rig.producer('a').stats()).to.include({ accepted: 1, delivered: 1 });
      expect(rig.producer('b').stats()).to.include({ accepted: 1, dropped: 1 });
    });

    it('resolves send with the report of each', async () => {
      await build({ producers: { a: {}, b: {} }, routes: [{ to: ['a', 'b'] }] });
      const sent = rig.runtime.send({ value: 'x' });
      await clock.tickAsync(10);
      const reports = await sent;
      expect(reports.map(({ producer, message }) => [producer, message.json()])).to.deep.equal([
        ['a', 'x'],
        ['b', 'x'],
      ]);
    });

    it('rejects send with what became of the message at each', async () => {
      await build({ producers: { a: {}, b: {}, c: {} }, routes: [{ name: 'all', to: ['a', 'b', 'c'] }] });
      rig.script('b', () => {
        throw new PermanentSendError('too large');
      });
      rig.script('c', never);
      const sent = failure(rig.runtime.send({ value: 'x' }, { timeout: 100 }));
      await clock.tickAsync(200);
      const error = (await sent) as RouteError;
      expect(error).to.be.instanceOf(RouteError).and.instanceOf(PublishError);
      expect(error.targets.map(({ producer, outcome }) => [producer, outcome])).to.deep.equal([
        ['a', 'delivered'],
        ['b', 'dropped'],
        ['c', 'unknown'],
      ]);
      expect(error.message).to.match(
        /^route 'all': a delivered; b dropped: .*too large.*; c unknown: not acknowledged/,
      );
      expect(error).to.include({ outcome: 'dropped', cause: error.targets[1]?.error });
    });

    it('gives a message to none where the memory of one cannot be had, and to all when it can', async () => {
      await build({ producers: { a: {}, b: {} }, routes: [{ to: ['a', 'b'] }] });
      rig.runtime.produce({ value: 0 });
      const real = globalThis.SharedArrayBuffer;
      let made = 0;
      // The first target gets its memory, the second one does not.
      globalThis.SharedArrayBuffer = new Proxy(real, {
        construct: (target, [bytes]: [number]) => {
          if (++made === 2) throw new RangeError('Array buffer allocation failed');
          return new target(bytes);
        },
      });
      try {
        expect(() => rig.runtime.produce({ value: 'x'.repeat(200_000) })).to.throw(
          QueueFullError,
          /producer b: .*no memory/,
        );
      } finally {
        globalThis.SharedArrayBuffer = real;
      }
      expect([made, ...accepted('a', 'b')]).to.deep.equal([2, 1, 1]);
      rig.runtime.produce({ value: 'y'.repeat(200_000) });
      await clock.tickAsync(10);
      expect(accepted('a', 'b')).to.deep.equal([2, 2]);
      expect(rig.producer('b').stats()).to.include({ delivered: 2, pending: 0 });
    });

    it('waits with what the message was at the call, and gives that to all', async () => {
      await build({ producers: { a: {}, b: SMALL }, routes: [{ to: ['a', 'b'] }] });
      const hold = { release: () => {} };
      rig.script('b', () => new Promise<void>((resolve) => (hold.release = resolve)));
      for (let value = 0; value < 3; value++) rig.runtime.produce({ value });
      const [key, value, h] = [Buffer.from('k'), Buffer.from('"v"'), Buffer.from('h')];
      const sent = rig.runtime.enqueue({ key, value, headers: { h } });
      for (const part of [key, value, h]) part.fill(0);
      for (let round = 0; round < 4; round++) {
        await clock.tickAsync(5);
        hold.release();
      }
      await clock.tickAsync(50);
      await sent;
      const got = rig.messages('a').at(-1);
      expect([String(got?.key), got?.json(), String(got?.headers[0]?.[1])]).to.deep.equal(['k', 'v', 'h']);
    });

    it('reads a message once, and headers that can be read no more than that', async () => {
      const when = { header: { h: 'x' } };
      await build({ producers: { a: {}, b: {} }, routes: [{ when, to: ['a', 'b'] }, { to: ['b'] }] });
      rig.runtime.produce({ value: 1, headers: [['h', 'x']].values() as never });
      await clock.tickAsync(10);
      for (const name of ['a', 'b'])
        expect(rig.messages(name)[0]?.headers.map(([header]) => header)).to.deep.equal(['h']);
      const bad = {
        get value(): never {
          throw new Error('own');
        },
      };
      expect(() => rig.runtime.produce(bad)).to.throw(InvalidMessageError, 'own');
    });

    it('gives a message to none where one has no room', async () => {
      await build({ producers: { a: {}, b: SMALL }, routes: [{ to: ['a', 'b'] }] });
      rig.script('b', never);
      for (let value = 0; value < 3; value++) rig.runtime.produce({ value });
      expect(() => rig.runtime.produce({ value: 3 })).to.throw(QueueFullError, 'producer b: the queue is full');
      const late = failure(rig.runtime.enqueue({ value: 4 }, { timeout: 50 }));
      await clock.tickAsync(100);
      expect(await late)
        .to.be.instanceOf(QueueFullError)
        .and.match(/producer b: no room in the queue within \d+ ms/);
      expect(rig.values('a')).to.deep.equal([0, 1, 2]);
      expect(accepted('a', 'b')).to.deep.equal([3, 3]);
    });

    it('says of one that is closed that it is, and gives the message to none', async () => {
      await build({ producers: { a: {}, b: {} }, routes: [{ to: ['a', 'b'] }] });
      await Promise.all([rig.producer('b').shutdown(100), clock.tickAsync(500)]);
      expect(() => rig.runtime.produce({ value: 1 })).to.throw(ProducerClosedError);
      expect(await failure(rig.runtime.enqueue({ value: 1 }))).to.be.instanceOf(ProducerClosedError);
      expect(accepted('a')).to.deep.equal([0]);
    });

    it('says false when one of them is above its high-water mark, and waits for room with all', async () => {
      await build({ producers: { a: {}, b: SMALL }, routes: [{ to: ['a', 'b'] }] });
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      rig.script('b', () => held);
      expect([0, 1, 2].map((value) => rig.runtime.produce({ value }))).to.deep.equal([true, true, false]);
      const room = rig.runtime.waitForRoom({ timeout: 100 });
      release();
      await clock.tickAsync(50);
      expect(await room).to.equal(true);
    });

    it('lets whoever waits through in order, the same at every target, when there is room', async () => {
      await build({
        producers: { a: {}, b: SMALL, c: {} },
        routes: [{ when: { topic: 'c' }, to: ['c'] }, { to: ['a', 'b'] }],
      });
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      rig.script('b', () => held);
      const order: number[] = [];
      const enqueue = (value: number, options = {}) =>
        rig.runtime.enqueue({ value }, options).then(() => order.push(value));
      for (let value = 0; value < 6; value++) void enqueue(value);
      const late = failure(enqueue(6, { timeout: 50 }));
      const abort = new AbortController();
      const aborted = failure(enqueue(7, { signal: abort.signal }));
      for (let value = 8; value < 12; value++) void enqueue(value);
      await clock.tickAsync(100);
      abort.abort();
      expect(await late).to.be.instanceOf(QueueFullError);
      expect(await aborted).to.be.instanceOf(PublishError);
      expect(order).to.deep.equal([0, 1, 2]);
      await rig.runtime.enqueue({ topic: 'c', value: 'elsewhere' }); // other routes do not wait
      release();
      await clock.tickAsync(100);
      const all = [0, 1, 2, 3, 4, 5, 8, 9, 10, 11];
      expect([order, rig.values('a'), rig.values('b')]).to.deep.equal([all, all, all]);
    });

    it('lets nobody pass while callers of the producer itself wait', async () => {
      await build({ producers: { a: {}, b: SMALL }, routes: [{ to: ['a', 'b'] }] });
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      rig.script('b', () => held);
      for (let value = 0; value < 3; value++) rig.producer('b').produce({ value });
      void rig.producer('b').enqueue({ value: 'direct' });
      void rig.runtime.enqueue({ value: 'routed' });
      release();
      await clock.tickAsync(100);
      expect(rig.values('b')).to.deep.equal([0, 1, 2, 'direct', 'routed']);
      expect(rig.values('a')).to.deep.equal(['routed']);
    });

    it('stays behind a caller who needs more room than there is', async () => {
      const b = { queue: { max_bytes: '64KiB' } };
      await build({ producers: { a: {}, b }, routes: [{ to: ['a', 'b'] }] });
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      rig.script('b', () => held);
      rig.producer('b').produce({ value: 'first' });
      await clock.tickAsync(1);
      void rig.producer('b').enqueue({ value: 'x'.repeat(50_000) });
      void rig.runtime.enqueue({ value: 'small' });
      await clock.tickAsync(1);
      expect(accepted('a', 'b')).to.deep.equal([0, 1]);
      release();
      await clock.tickAsync(100);
      expect(rig.values('b').map((value) => String(value).length)).to.deep.equal([5, 50_000, 5]);
      expect(rig.values('a')).to.deep.equal(['small']);
    });

    it('has its turn among callers of the producer who keep coming, and is with all targets in that turn', async () => {
      await build({ producers: { a: {}, b: SMALL }, routes: [{ to: ['a', 'b'] }] });
      rig.script('b', () => new Promise((resolve) => setTimeout(resolve, 10)));
      for (let value = 0; value < 3; value++) rig.producer('b').produce({ value });
      void rig.producer('b').enqueue({ value: 'before' });
      void rig.runtime.enqueue({ value: 'routed' });
      for (let value = 0; value < 20; value++) void rig.producer('b').enqueue({ value: `after ${value}` });
      for (let step = 0; step < 400; step++) {
        await clock.tickAsync(1);
        const [inA, inB] = ['a', 'b'].map((name) => rig.values(name).includes('routed'));
        if (inB) expect(inA).to.equal(true);
      }
      expect(rig.values('b').slice(0, 6)).to.deep.equal([0, 1, 2, 'before', 'routed', 'after 0']);
      expect(rig.values('b')).to.have.lengthOf(25);
    });

    it('leaves the room that it cannot use yet to those behind it', async () => {
      const one = { queue: { max_messages: 1 } };
      await build({ producers: { a: one, b: one }, routes: [{ to: ['a', 'b'] }] });
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      rig.script('a', never);
      rig.script('b', () => held);
      for (const name of ['a', 'b']) rig.producer(name).produce({ value: 'first' });
      await clock.tickAsync(1);
      const routed = failure(rig.runtime.enqueue({ value: 'routed' }, { timeout: 5000 }));
      void rig.producer('b').enqueue({ value: 'direct' });
      release();
      await clock.tickAsync(1000);
      expect(rig.values('b')).to.deep.equal(['first', 'direct']);
      await clock.tickAsync(5000);
      expect(await routed).to.be.instanceOf(QueueFullError);
    });

    it('drops by the policy of the one that is full, and the others get everything', async () => {
      const b = { queue: { max_messages: 3, when_full: 'drop_newest' } };
      await build({ producers: { a: {}, b }, routes: [{ to: ['a', 'b'] }] });
      rig.script('b', never);
      for (let value = 0; value < 10; value++) rig.runtime.produce({ value });
      await clock.tickAsync(10);
      expect(rig.values('a')).to.have.lengthOf(10);
      expect(rig.producer('b').stats()).to.include({ accepted: 10, dropped: 7, pending: 3 });
    });
  });

  it('takes nothing more once it is shut down, also where a fallback would still be open', async () => {
    await build({ producers: { a: {}, b: {} }, routes: [{ to: ['a'], fallback: ['b'] }] });
    rig.script('a', never);
    rig.runtime.produce({ value: 1 });
    const ended = rig.runtime.shutdown(100);
    expect(() => rig.runtime.produce({ value: 2 })).to.throw(ProducerClosedError);
    await Promise.all([ended, clock.tickAsync(2000)]);
    expect(rig.values('b')).to.deep.equal([]);
  });
});
