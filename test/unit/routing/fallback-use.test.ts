import { expect } from 'chai';
import type sinon from 'sinon';
import { FallbackUse } from '../../../src/routing/fallback-use.ts';
import { type Producer, TargetWithFallbacks } from '../../../src/routing/target-with-fallbacks.ts';
import { PublishError, SpoolFullError } from '../../../src/shared/errors.ts';
import { type LogLine, noting } from '../../support/engine-rig.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { RoutedRig } from '../../support/routed-rig.ts';

const TEXT = 'a fallback gets messages that the producer does not accept';
const HOUR_MS = 3_600_000;

describe('a fallback that is used because a producer does not accept a message', () => {
  let clock: sinon.SinonFakeTimers;
  let rig: RoutedRig;
  let logs: LogLine[];
  beforeEach(() => {
    clock = fakeClock();
    logs = [];
  });
  afterEach(async () => {
    await Promise.all([rig.runtime.shutdown(100), clock.tickAsync(2000)]);
    clock.restore();
  });

  /** `a` holds two messages and is full then; `b` stands in for it. `c` takes everything. */
  async function build(to: string[], whenFull = 'reject') {
    rig = await RoutedRig.build({
      producers: { a: { queue: { max_messages: 2, when_full: whenFull } }, b: {}, c: {} },
      routes: [
        { name: 'first', to, fallback: ['b'] },
        { name: 'second', to: ['c'] },
      ],
      runtime: { logger: noting(logs) },
    });
    rig.script('a', () => new Promise(() => {}));
  }
  const said = () => logs.filter(({ message }) => message === TEXT);

  for (const to of [['a'], ['a', 'c']])
    for (const whenFull of ['reject', 'block'])
      it(`is logged and counted by produce, enqueue and send (${whenFull}, to ${to.join(' and ')})`, async () => {
        await build(to, whenFull);
        for (const value of [0, 1]) rig.runtime.produce({ value });
        expect(rig.runtime.stats().fallbacks).to.deep.equal({ first: 0 });
        rig.runtime.produce({ value: 2 });
        await rig.runtime.enqueue({ value: 3 });
        const sent = rig.runtime.send({ value: 4 });
        await clock.tickAsync(10);
        await sent;
        expect(rig.values('b')).to.deep.equal([2, 3, 4]);
        expect(rig.runtime.stats().fallbacks).to.deep.equal({ first: 3 });
        expect(said()[0]).to.include({ level: 'warn' });
        expect(said()[0]?.fields).to.include({ producer: 'a', fallback: 'b', route: 'first' });
        expect(String(said()[0]?.fields.err)).to.include('full');
      });

  it('is not counted for a message that no producer has accepted', async () => {
    await build(['a']);
    for (const value of [0, 1]) rig.runtime.produce({ value });
    await Promise.all([rig.producer('b').shutdown(100), clock.tickAsync(500)]);
    expect(() => rig.runtime.produce({ value: 2 })).to.throw();
    expect(rig.runtime.stats().fallbacks).to.deep.equal({ first: 0 });
    expect(said()).to.deep.equal([]);
  });

  it('has few lines in an hour, which count every message', async () => {
    await build(['a']);
    for (const value of [0, 1]) rig.runtime.produce({ value });
    for (let at = 0; at < HOUR_MS; at += 1000) {
      rig.runtime.produce({ value: at });
      await clock.tickAsync(1000);
    }
    expect(said().length).to.be.within(50, 70);
    expect(rig.runtime.stats().fallbacks).to.deep.equal({ first: 3600 });
  });

  it('costs no message where the logger throws', async () => {
    await build(['a']);
    for (const value of [0, 1]) rig.runtime.produce({ value });
    const { runtime } = rig;
    logs.push = () => {
      throw new Error('the log is full');
    };
    expect(runtime.produce({ value: 2 })).to.equal(true);
    expect(runtime.stats().fallbacks).to.deep.equal({ first: 1 });
  });

  it('is counted once where a disk refuses the message at one producer after the other', async () => {
    await build(['a']);
    const use = new FallbackUse('first', () => noting(logs));
    const target = new TargetWithFallbacks(
      ['a', 'b', 'c'].map((name) => ({ name }) as Producer),
      use,
    );
    const refused = new PublishError('no', 'withdrawn', { cause: new SpoolFullError('full') });
    await target.handOver(0, ({ name }) => (name === 'c' ? Promise.resolve() : Promise.reject(refused)));
    expect(use.count).to.equal(1);
    expect(said()).to.have.length(1);
  });
});
