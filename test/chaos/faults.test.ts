import { expect } from 'chai';
import { KNOWN, sampleOf } from '../faults/plan.ts';
import { missing } from '../faults/shim.ts';
import { unsyncedNames } from '../faults/syncs.ts';
import { describe as description, figuresOf, record, walk } from '../faults/walk.ts';
import { World } from '../faults/world.ts';

/** How many calls fail beside those that are known, each in a life of its own: 20 in CI, `all` in the long tier. */
const FAULTS = process.env.OUTSPOOL_FAULTS ?? '20';
const SEED = Number(process.env.OUTSPOOL_FAULTS_SEED ?? 1);
const MS_EACH = 20_000;

const why = missing();
if (why !== undefined) console.log(`skipped: system calls that fail: ${why}`);
else
  describe('a system call that fails once', function () {
    const isWhole = FAULTS === 'all';
    // Most of a life is waiting; CI has other tests beside this one.
    const jobs = isWhole ? 4 : 2;
    this.timeout(isWhole ? 0 : (Number(FAULTS) + KNOWN.length + 3) * MS_EACH);

    it('finds every new name synced when a spool is made and written to', async () => {
      await using world = await World.create();
      const names = world.predecessor.filter(({ call }) => call === 'create' || call === 'mkdir');
      expect(names.map(({ place }) => place)).to.include.members(['node:parent/spool', 'node:parent/spool/#.segment']);
      expect(unsyncedNames(world.predecessor)).to.deep.equal([]);
    });

    it(`costs a durable producer nothing that it has promised (${FAULTS} calls)`, async () => {
      await using world = await World.create();
      const begin = performance.now();
      const faults = await record(world);
      const chosen = isWhole ? faults : [...KNOWN, ...sampleOf(faults, Number(FAULTS), SEED)];
      const steps = await walk(world, chosen, { jobs });
      const figures = figuresOf(steps, Math.round((performance.now() - begin) / 1000));
      console.log(JSON.stringify(figures));
      const wrong = steps.filter(({ complaints }) => complaints.length > 0);
      expect(wrong.map(description).join('\n\n')).to.equal('');
      expect(figures.notReached, 'calls that were not made').to.be.below(steps.length / 4);
    });
  });
