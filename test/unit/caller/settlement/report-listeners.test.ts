import { expect } from 'chai';
import type sinon from 'sinon';
import { EngineRig } from '../../../support/engine-rig.ts';
import { fakeClock } from '../../../support/fake-clock.ts';

describe('a listener to delivery reports that fails', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  const fails = () => {
    throw new Error('no such row');
  };
  for (const [name, listener] of Object.entries({ throws: fails, rejects: async () => fails() }))
    it(`is logged, and neither the message nor the next listener hears of it: it ${name}`, async () => {
      let heard = 0;
      const rig = new EngineRig(undefined, { listeners: [listener, () => void heard++] });
      const report = rig.engine.send({ value: 1 }, { isError: false }, {});
      await clock.tickAsync(100);
      await report;
      const errors = rig.logs
        .filter(({ level }) => level === 'error')
        .map(({ message, fields }) => [message, fields.err]);
      expect({ heard, errors }).to.deep.equal({ heard: 1, errors: [['deliveryReport() threw', 'no such row']] });
      await Promise.all([rig.engine.shutdown(10), clock.tickAsync(500)]);
    });
});
