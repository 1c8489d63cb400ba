/** Random lives of a followed file: every complete line is delivered, or its loss is reported. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Followed } from './followed.ts';
import { Random } from './random.ts';

/** Of which there are more in the soak. */
const PROGRAMS = Number(process.env.OUTSPOOL_FOLLOWED_PROGRAMS ?? 200);
const SEED = Number(process.env.OUTSPOOL_FOLLOWED_SEED ?? 1);
/** From here on; one alone repeats a program that has failed. */
const FIRST = Number(process.env.OUTSPOOL_FOLLOWED_FIRST ?? 0);
const STEPS = 12;
const MEMORY = '/dev/shm';

describe('a followed file and its model', function () {
  this.timeout(60_000 + PROGRAMS * 2000);

  const root = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'outspool-followed-'));
  after(() => rmSync(root, { recursive: true, force: true }));

  it(`agree through ${PROGRAMS} random programs: no line is lost without a word`, async () => {
    const totals = { delivered: 0, lost: 0 };
    for (let program = FIRST; program < FIRST + PROGRAMS; program++) {
      const { delivered, lost } = await run(program);
      totals.delivered += delivered;
      totals.lost += lost;
    }
    console.log(`      ${PROGRAMS} programs: ${totals.delivered} lines delivered, ${totals.lost} lost with a word`);
  });

  async function run(program: number): Promise<Followed> {
    const folder = mkdtempSync(join(root, 'program-'));
    const random = new Random(SEED, program);
    const followed = new Followed(folder, random);
    try {
      await followed.begin();
      for (let step = random.whole(3, STEPS); step > 0; step--) await followed.step();
      await followed.finish();
      return followed;
    } catch (error) {
      const again = `OUTSPOOL_FOLLOWED_SEED=${SEED} OUTSPOOL_FOLLOWED_FIRST=${program} OUTSPOOL_FOLLOWED_PROGRAMS=1`;
      const story = [`program: ${followed.done.join(', ')}`, ...followed.log, again];
      throw new Error(`${(error as Error).message}\n${story.join('\n')}`, { cause: error });
    } finally {
      await followed.abandon();
      rmSync(folder, { recursive: true, force: true });
    }
  }
});
