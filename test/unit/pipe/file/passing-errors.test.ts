/** A followed file while the system refuses one call or another for a moment: every line once, in order, and the pipeline goes on. */

import { appendFileSync, copyFileSync, readFileSync, renameSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { ConfigError } from '../../../../src/shared/errors.ts';
import { FollowedFile, fastClock } from '../../../support/followed-file.ts';
import { type Fault, FsFaults, OPERATIONS } from '../../../support/fs-faults.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';
import { until } from '../../../support/until.ts';

const PASSING = ['EMFILE', 'ENFILE', 'EIO', 'ENOMEM', 'EAGAIN', 'ESTALE', 'EINTR', 'ENOSPC'];
/** At the start the configuration would be to blame for these. */
const ALSO_LATER = ['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'EROFS'];

/** When the call fails. */
const PHASES = ['start', 'rotation', 'cut', 'end', 'restart'] as const;
type Phase = (typeof PHASES)[number];

const clock = fastClock(100);

describe('a followed file and errors that pass', function () {
  this.timeout(300_000);
  let faults: FsFaults | undefined;
  const runs: FollowedFile[] = [];

  afterEach(async () => {
    faults?.restore();
    for (const run of runs.splice(0)) await run.end().catch(() => {});
  });

  const directory = temporaryDirectories();

  async function begun(path: string): Promise<FollowedFile> {
    const run = new FollowedFile(path, clock, { poll_interval: '250ms' });
    runs.push(run);
    return run.start();
  }

  /** Rotates, cuts, ends and begins again; each line must come once. Returns what was logged. */
  async function life(fault: Fault, phase: Phase): Promise<{ readonly log: string; readonly fired: number }> {
    const folder = directory();
    const path = join(folder, 'app.log');
    const injected = await FsFaults.in(folder);
    faults = injected;
    const reached = (now: Phase) => injected.arm(now === phase ? fault : undefined);
    appendFileSync(path, '1\n2\n');
    reached('start');
    const first = await begun(path);
    await first.has('1', '2');
    reached('rotation');
    renameSync(path, `${path}.1`);
    appendFileSync(`${path}.1`, '3\n');
    appendFileSync(path, '4\n');
    await first.has('1', '2', '3', '4');
    reached('cut');
    copyFileSync(path, `${path}.2`);
    truncateSync(path);
    appendFileSync(path, '5\n"six"\n');
    await first.has('1', '2', '3', '4', '5', '"six"');
    reached('end');
    await first.end();
    renameSync(path, `${path}.3`);
    appendFileSync(`${path}.3`, '7\n');
    appendFileSync(path, '8\n');
    reached('restart');
    const second = await begun(path);
    await second.has('7', '8');
    await second.end();
    expect(JSON.parse(readFileSync(`${path}.checkpoint`, 'utf8'))).to.include({ offset: 2, line: 2 });
    expect(injected.open, 'open handles').to.equal(0);
    injected.restore();
    return { log: `${first.log.all}\n${second.log.all}`, fired: injected.fired };
  }

  const phases = fc.constantFrom(...PHASES);
  const anyFault = phases.chain((phase) => {
    const codes = phase === 'start' || phase === 'restart' ? PASSING : [...PASSING, ...ALSO_LATER];
    return fc.record({
      phase: fc.constant(phase),
      operation: fc.constantFrom(...OPERATIONS),
      code: fc.constantFrom(...codes),
      after: fc.integer({ min: 0, max: 3 }),
      times: fc.integer({ min: 1, max: 3 }),
    });
  });

  it('gives every line once, in order, whatever call fails and when', async () => {
    let fired = 0;
    const property = fc.asyncProperty(anyFault, async ({ phase, ...fault }) => {
      fired += (await life(fault, phase)).fired;
    });
    await fc.assert(property, { numRuns: 25, seed: 10, endOnFailure: true });
    expect(fired, 'calls that failed').to.be.greaterThan(12);
  });

  for (const operation of OPERATIONS)
    it(`goes on after one failed ${operation} in each phase`, async () => {
      let fired = 0;
      for (const phase of PHASES) fired += (await life({ operation, code: 'EIO', after: 0, times: 1 }, phase)).fired;
      expect(fired).to.be.greaterThan(0);
    });

  it('reads on after EMFILE at a cut, and after EACCES at the listing of a rotation', async () => {
    await life({ operation: 'open', code: 'EMFILE', after: 0, times: 2 }, 'cut');
    const { log } = await life({ operation: 'readdir', code: 'EACCES', after: 0, times: 3 }, 'rotation');
    expect(log.split('failed (EACCES): retrying'), 'logged once').to.have.length(2);
    expect(log).to.contain('works again');
  });

  it('goes on with a new handle where the old one is stale for ever', async () => {
    const folder = directory();
    const path = join(folder, 'app.log');
    appendFileSync(path, '1\n"tw');
    faults = await FsFaults.in(folder);
    const run = await begun(path);
    await run.has('1');
    faults.arm({ operation: 'read', code: 'ESTALE', after: 0, times: 1 });
    await until(() => faults?.fired === 1);
    appendFileSync(path, 'o"\n3\n');
    await run.has('1', '"two"', '3');
  });

  it('repeats a line rather than not to end, when the last checkpoint cannot be written', async () => {
    const folder = directory();
    const path = join(folder, 'app.log');
    appendFileSync(path, '1\n');
    const run = await begun(path);
    await run.has('1');
    await until(() => readFileSync(`${path}.checkpoint`, 'utf8').includes('"offset":2'));
    faults = await FsFaults.in(folder);
    faults.arm({ operation: 'rename', code: 'ENOSPC', after: 0, times: Number.POSITIVE_INFINITY });
    appendFileSync(path, '2\n');
    await run.has('1', '2');
    const error = await run.end().catch((thrown) => thrown);
    expect(error).to.have.property('code', 'ENOSPC');
    faults.restore();
    await (await begun(path)).has('2');
  });

  it('does not start where the configuration is to blame', async () => {
    const folder = directory();
    const path = join(folder, 'app.log');
    faults = await FsFaults.in(folder);
    const blamed = {
      open: 'checkpoint  the checkpoint cannot be written (EACCES)',
      readdir: 'path  its folder may not be read (permission denied)',
      stat: 'path  the file may not be read (permission denied)',
    } as const;
    for (const [operation, words] of Object.entries(blamed)) {
      faults.arm({ operation: operation as keyof typeof blamed, code: 'EACCES', after: 0, times: 1 });
      const error = await begun(path).catch((thrown) => thrown);
      expect(error, operation).to.be.instanceOf(ConfigError);
      expect(error.message).to.equal(`p.yaml:1:1  sources[0].${words}`);
      for (const run of runs.splice(0)) await run.end();
    }
  });
});
