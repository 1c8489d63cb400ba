/** The test of a wire: some seconds in an ordinary run, minutes in the long tier. */

import { expect } from 'chai';
import { fuzz } from './fuzz.ts';
import type { Wire } from './wire.ts';

const MINUTES = Number(process.env.OUTSPOOL_FUZZ_MINUTES ?? 0.1);
/** Chance by default, so that each run tries something else; a finding names its seed. */
const SEED = Number(process.env.OUTSPOOL_FUZZ_SEED ?? Date.now() % 1_000_000);
/** What a round may take beyond the end. */
const LAST_ROUND_MS = 150_000;

export function describeWire(wire: Wire, what: string): void {
  describe(`mutated bytes: ${wire.name}`, function () {
    this.timeout(MINUTES * 60_000 + LAST_ROUND_MS);

    it(what, async () => {
      const { findings, known, ...figures } = await fuzz(wire, { seed: SEED, minutes: MINUTES });
      console.log(JSON.stringify({ wire: wire.name, seed: SEED, minutes: MINUTES, ...figures, known: known.length }));
      expect(findings, findings.join('\n')).to.deep.equal([]);
      expect(figures.mutations).to.be.above(0);
    });
  });
}
