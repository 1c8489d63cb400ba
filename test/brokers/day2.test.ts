/**
 * Events on a cluster's ordinary days: nothing is lost, doubled or out of order, and nothing is dead-lettered without a reason.
 * Some rows of the day-2 table. OUTSPOOL_DAY2_ROWS names others by a part of their names; with `all` the results are kept, and
 * `npm run day2 -- --table` writes them into the document.
 */

import { expect } from 'chai';
import { runRow } from './day2/engine.ts';
import { withoutJavac } from './day2/java-programs.ts';
import { describe as lines } from './day2/lines.ts';
import { keep, resultOf } from './day2/results.ts';
import { ROWS } from './day2/rows/index.ts';
import { up } from './up-down.ts';

const WANTED = process.env.OUTSPOOL_DAY2_ROWS ?? 'topic deleted, back after 3 s';
const ROW_MS = 300_000;

describe('ordinary days of a cluster of three', function () {
  this.timeout(ROW_MS);

  // What a row has left down is started again.
  beforeEach(() => up('cluster'));

  for (const row of ROWS.filter(({ name }) => WANTED === 'all' || name.includes(WANTED)))
    it(row.name, async () => {
      const missing = withoutJavac();
      if (row.needsJava && missing) return console.log(`      not run: ${missing}`);
      const result = resultOf(row, await runRow(row));
      for (const line of lines(result)) console.log(`      ${line}`);
      if (WANTED === 'all') keep(result);
      expect(result.breaches).to.deep.equal([]);
    });
});
