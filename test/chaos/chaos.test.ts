import { expect } from 'chai';
import { chaos } from './chaos.ts';
import { PHASES } from './plan.ts';
import { UNEXPLAINED } from './sends.ts';
import { MUTANTS, type MutantName } from './snapshot.ts';

/** Kills: 20 in CI, 1000 in the long tier; any seed may be given. */
const ROUNDS = Number(process.env.OUTSPOOL_CHAOS_ROUNDS ?? 20);
const SEED = Number(process.env.OUTSPOOL_CHAOS_SEED ?? 1);
/** A mutant that is not found in so few rounds would hardly be found at all. */
const MUTANT_ROUNDS = 8;
const LAST_LINES = 20;

describe('a durable producer that is killed again and again', function () {
  this.timeout(60_000 + ROUNDS * 10_000);

  it(`keeps every promise through ${ROUNDS} SIGKILLs in every phase`, async () => {
    const lines: string[] = [];
    const { phases, causes, ...result } = await chaos({ rounds: ROUNDS, seed: SEED, say: (line) => lines.push(line) });
    const { accepted, delivered, deadLettered, duplicates, seconds } = result;
    console.log(`      ${JSON.stringify({ accepted, delivered, deadLettered, duplicates, seconds, phases, causes })}`);
    for (const line of lines.filter((said) => said.startsWith('skipped'))) console.log(`      ${line}`);
    const { lost, unaccounted, disordered, crashes } = result;
    const why = lines.slice(-LAST_LINES).join('\n'); // what is wrong comes last
    expect({ lost, unaccounted, disordered, crashes }, why).to.deep.equal({
      lost: 0,
      unaccounted: 0,
      disordered: 0,
      crashes: 0,
    });
    expect(accepted).to.equal(delivered + deadLettered);
    expect(accepted).to.be.greaterThan(ROUNDS * 50);
    expect(causes).not.to.have.property(UNEXPLAINED);
    for (const phase of Object.keys(PHASES)) expect(phases[phase], phase).to.be.greaterThan(0);
  });

  for (const mutant of Object.keys(MUTANTS) as MutantName[])
    it(`finds the mutant that ${mutant}`, async () => {
      const { ok, lost, unaccounted, lastEnded } = await chaos({ rounds: MUTANT_ROUNDS, seed: SEED, mutant });
      expect(ok).to.equal(false);
      expect(lost + unaccounted).to.be.greaterThan(0);
      // A process whose counts do not add up ends with an error; what is only late is no loss.
      if (unaccounted === 0) expect(lastEnded, 'the last process was through').to.equal(0);
    });
});
