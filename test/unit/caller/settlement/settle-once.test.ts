import { expect } from 'chai';
import type sinon from 'sinon';
import { PermanentSendError } from '../../../../src/shared/errors.ts';
import { deferred } from '../../../../src/shared/util/deferred.ts';
import { EngineRig } from '../../../support/engine-rig.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { ScriptedTransport } from '../../../support/scripted-transport.ts';

describe('a message settles once (I1)', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  it('a dead-letter target that accepts after the shutdown changes nothing', async () => {
    const accepted = deferred();
    const heard: (string | undefined)[] = [];
    const poison = new ScriptedTransport(() => {
      throw new PermanentSendError('cannot take it');
    });
    const rig = new EngineRig(poison, {
      deadLetter: () => accepted.promise,
      listeners: [(error) => heard.push(error?.name)],
    });
    rig.produce('bad');
    await clock.tickAsync(10);
    const [outcome] = await Promise.all([rig.engine.shutdown(1000), clock.tickAsync(2000)]);
    expect(outcome).to.include({ deadLettered: 0, undelivered: 1 });
    accepted.resolve();
    await clock.tickAsync(10);
    expect(rig.engine.stats()).to.include({ accepted: 1, deadLettered: 0, undelivered: 1, pending: 0 });
    expect(heard).to.have.lengthOf(1);
  });
});
