import { expect } from 'chai';
import { describe, it } from 'mocha';
import { EngineRig } from '../../support/engine-rig.ts';
import { ScriptedTransport } from '../../support/scripted-transport.ts';

describe('what a worker left behind, where it cannot be cleaned up', () => {
  it('holds up no shutdown, and is logged', async () => {
    const rig = new EngineRig(new ScriptedTransport(), {
      reclaim: () => {
        throw new Error('the library does not load');
      },
    });
    rig.produce('a');
    const { delivered } = await rig.engine.shutdown(1000);
    expect(delivered).to.equal(1);
    const warnings = rig.logs.filter(({ message }) => message.includes('was not cleaned up'));
    expect(warnings.map(({ level, fields }) => [level, fields.err])).to.deep.equal([
      ['error', 'the library does not load'],
    ]);
  });
});
