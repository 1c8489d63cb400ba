import { expect } from 'chai';
import { BROKERS, LOADS, runCell } from '../support/shutdown-matrix.ts';

/** Runs of each cell: 3 in CI, 20 in the long tier. The time limits are held by `npm run accept`. */
const ROUNDS = Number(process.env.OUTSPOOL_ROUNDS ?? 3);
const QUEUED = 10_000;
/** A broker that is alive takes everything, however busy the machine is. */
const LIMIT_MS = { alive: 60_000, refusing: 1000, silent: 1000, 'slow name': 1000 } as const;

describe('shutdown', function () {
  this.timeout(ROUNDS * 120_000);

  for (const mood of BROKERS)
    for (const load of LOADS)
      it(`broker ${mood}, producer ${load}: counts everything and ends the process with code 0, × ${ROUNDS}`, async () => {
        for (let round = 0; round < ROUNDS; round++) {
          const cell = await runCell(mood, load, LIMIT_MS[mood]);
          expect(cell.signal, 'a native crash').to.equal(null);
          expect(cell.exitCode).to.equal(0);
          expect(cell.same, 'the second call gets the same promise').to.equal(true);
          expect(cell.accepted).to.equal(load === 'idle' ? 0 : QUEUED);
          expect(cell.delivered + cell.undelivered).to.equal(cell.accepted);
          if (mood === 'alive') expect(cell.undelivered).to.equal(0);
          else expect(cell.delivered).to.equal(0);
        }
      });
});
