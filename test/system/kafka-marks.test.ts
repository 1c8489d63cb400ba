import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { onBusyCores } from '../support/busy-cores.ts';
import { runScript } from '../support/run-script.ts';

const script = fileURLToPath(new URL('../support/mark-reading.js', import.meta.url));

/** A bound for a reading that hangs: each new question takes a new client. */
const LONG_MS = 60_000;

/** A native crash rejects: the process then ends by a signal. */
async function read(codes: readonly number[], timeoutMs = LONG_MS) {
  return JSON.parse(await runScript([script, codes.join(','), String(timeoutMs)])) as {
    opened: string;
    delivered: number;
    threadsLeft: number;
  };
}

const NOT_COORDINATOR = 16;
/** Processes in which every reading of the mark is refused first; 200 in the long tier. */
const RUNS = Number(process.env.OUTSPOOL_MARK_RUNS ?? 2);

describe('reading the mark of a transactional producer', function () {
  this.timeout(2 * LONG_MS);

  for (const codes of [[NOT_COORDINATOR], [14, 15, NOT_COORDINATOR], [88], Array(5).fill(NOT_COORDINATOR)])
    it(`goes on behind the answers ${codes}, and the process lives`, async () => {
      expect(await read(codes)).to.deep.equal({ opened: 'opened', delivered: 2, threadsLeft: 0 });
    });

  it(`ends none of ${RUNS} processes while every core is busy`, async function () {
    this.timeout(RUNS * LONG_MS);
    await onBusyCores(async () => {
      for (let run = 0; run < RUNS; run++) expect(await read([NOT_COORDINATOR])).to.include({ delivered: 2 });
    });
  });

  it('says so when no coordinator is found in time', async () => {
    const { opened, threadsLeft } = await read(Array(1000).fill(NOT_COORDINATOR), 1500);
    expect(opened).to.contain('the offsets of group outspool-reader-0 cannot be read').and.contain('oordinator');
    expect(threadsLeft).to.equal(0);
  });

  it('is refused at once where the group may not be read', async () => {
    const { opened } = await read([30]);
    expect(opened).to.contain('the offsets of group outspool-reader-0 cannot be read').and.contain('authorization');
  });
});
