import { expect } from 'chai';
import sinon from 'sinon';
import { RecordMemory } from '../../../../src/shared/memory/record.ts';
import { EngineRig } from '../../../support/engine-rig.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { ScriptedTransport } from '../../../support/scripted-transport.ts';

describe('without the memory for the copy of a message', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => {
    sinon.restore();
    clock.restore();
  });

  it('a delivered one settles, its caller hears of the error, and the others are not concerned', async () => {
    const heard: unknown[] = [];
    const rig = new EngineRig(new ScriptedTransport(), { listeners: [(_, { message }) => heard.push(message.json())] });
    const sent = [0, 1].map((value) =>
      rig.engine.send({ value }, { isError: false }, {}).then(
        () => 'delivered',
        ({ outcome, cause }) => `${outcome}: ${cause.message}`,
      ),
    );
    const decode = sinon.stub(RecordMemory.prototype, 'decode').callThrough();
    // The worker's side decodes each message first, for `_send`.
    decode.onCall(2).throws(new RangeError('Array buffer allocation failed'));
    await clock.tickAsync(100);
    expect(await Promise.all(sent)).to.deep.equal(['unknown: Array buffer allocation failed', 'delivered']);
    expect(heard).to.deep.equal([1]);
    expect(rig.engine.stats()).to.include({ accepted: 2, delivered: 2, pending: 0 });
    expect(rig.logs.map(({ message }) => message)).to.include('no report could be made on a settled message');
    await Promise.all([rig.engine.shutdown(10), clock.tickAsync(500)]);
  });

  it('a shutdown ends all the same, and counts what it leaves', async () => {
    const taken: unknown[] = [];
    const rig = new EngineRig(undefined, {
      onShutdown: 'dead_letter',
      deadLetter: ({ message }) => taken.push(message.json()),
      createHost: () => {
        throw Object.assign(new Error('no thread'), { code: 'EAGAIN' });
      },
    });
    rig.produce(0, 1);
    sinon.stub(RecordMemory.prototype, 'decode').callThrough().onCall(0).throws(new RangeError('no memory'));
    const [outcome] = await Promise.all([rig.engine.shutdown(100), clock.tickAsync(1000)]);
    expect(outcome).to.include({ deadLettered: 1, undelivered: 1 });
    expect(taken).to.deep.equal([1]);
    expect(rig.logs.map(({ message }) => message)).to.not.include('what was left was not kept');
  });
});
