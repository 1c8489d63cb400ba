import { expect } from 'chai';
import { ConfigError } from '../../../src/shared/errors.ts';
import type { Transport } from '../../../src/shared/transport.ts';
import { EngineRig } from '../../support/engine-rig.ts';
import { ScriptedTransport } from '../../support/scripted-transport.ts';

const WRONG: readonly unknown[] = [0, Number.NaN, -1, 1.5, '4', Number.NEGATIVE_INFINITY, null];
type Limit = 'batchesHeld' | 'batchesInFlight';

describe('how many batches a class wants', () => {
  function rig(limit: Limit, value: unknown) {
    const transport = Object.defineProperty(new ScriptedTransport(), limit, { value });
    return new EngineRig(transport, { leases: () => (transport as Transport).batchesHeld });
  }

  for (const [limit, values] of [
    ['batchesHeld', [...WRONG, Number.POSITIVE_INFINITY]],
    ['batchesInFlight', WRONG],
  ] as const)
    for (const value of values)
      it(`is refused as ${limit} ${String(value)}, by an error that names it`, async () => {
        const { engine } = rig(limit, value);
        const error: unknown = await engine.start({ timeout: 1000 }).catch((thrown) => thrown);
        expect(error).to.be.instanceOf(ConfigError);
        expect((error as Error).message).to.match(new RegExp(`^class ScriptedTransport: ${limit} is `));
        await engine.shutdown(10);
      });

  for (const [limit, value] of [
    ['batchesHeld', undefined],
    ['batchesHeld', 1],
    ['batchesInFlight', undefined],
    ['batchesInFlight', Number.POSITIVE_INFINITY],
  ] as const)
    it(`may be ${limit} ${String(value)}`, async () => {
      const { engine } = rig(limit, value);
      await engine.send({ value: 1 }, { isError: false }, {});
      expect(engine.stats().delivered).to.equal(1);
      await engine.shutdown(1000);
    });
});
