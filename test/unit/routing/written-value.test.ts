import { expect } from 'chai';
import type sinon from 'sinon';
import { InvalidMessageError } from '../../../src/shared/errors.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { RoutedRig } from '../../support/routed-rig.ts';

describe('a value that its own code writes, and differently each time, on a route', () => {
  let clock: sinon.SinonFakeTimers;
  let rig: RoutedRig;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(async () => {
    await Promise.all([rig.runtime.shutdown(100), clock.tickAsync(2000)]);
    clock.restore();
  });

  /** A value that has its content for the first reader only. */
  const draining = (content: object) => {
    let calls = 0;
    return { toJSON: () => (calls++ === 0 ? content : { empty: true }) };
  };
  const SMALL = { queue: { max_messages: 1, when_full: 'reject' } };
  const PATHS = {
    produce: (value: unknown) => void rig.runtime.produce({ value }),
    enqueue: (value: unknown) => rig.runtime.enqueue({ value }),
    send: (value: unknown) => rig.runtime.send({ value }),
  };

  for (const [name, call] of Object.entries(PATHS)) {
    it(`goes to a fallback as the first target would have got it: ${name}`, async () => {
      rig = await RoutedRig.build({ producers: { a: SMALL, b: {} }, routes: [{ to: ['a'], fallback: ['b'] }] });
      rig.script('a', () => new Promise(() => {}));
      rig.runtime.produce({ value: 0 });
      const done = Promise.all([call(draining({ id: 1 })), call({ within: draining({ id: 2 }) })]);
      await clock.tickAsync(10);
      await done;
      expect(rig.values('b')).to.deep.equal([{ id: 1 }, { within: { id: 2 } }]);
    });

    it(`is sent as the condition of its route has found it: ${name}`, async () => {
      rig = await RoutedRig.build({
        producers: { a: {}, b: {} },
        routes: [{ when: { field: { kind: 'x' } }, to: ['a'] }, { to: ['b'] }],
      });
      const done = call(draining({ kind: 'x' }));
      await clock.tickAsync(10);
      await done;
      expect([rig.values('a'), rig.values('b')]).to.deep.equal([[{ kind: 'x' }], []]);
    });
  }

  it('is refused as ever where it is no JSON', async () => {
    rig = await RoutedRig.build({ producers: { a: SMALL, b: {} }, routes: [{ to: ['a'], fallback: ['b'] }] });
    for (const value of [{ toJSON: () => undefined }, new Map([[1, 2]]), { m: new Set([1]) }])
      expect(() => rig.runtime.produce({ value: value as object })).to.throw(InvalidMessageError);
  });
});
