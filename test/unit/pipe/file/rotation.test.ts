/** Which file comes after which: every scheme of rotation, whatever the clock did meanwhile, each line once and in order. */

import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { compareNames, rotatedName } from '../../../../src/pipe/file/rotated-name.ts';
import { type Clock, systemClock } from '../../../../src/shared/util/clock.ts';
import { FollowedFile, fastClock } from '../../../support/followed-file.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';

/** Makes `count` existing files of a scheme one older each. */
function shift(path: string): void {
  let last = 1;
  while (existsSync(`${path}.${last}`)) last++;
  for (let number = last; number > 1; number--) renameSync(`${path}.${number - 1}`, `${path}.${number}`);
}

/** Puts `path` away, as the `turn`-th rotation. */
const SCHEMES: Readonly<Record<string, (path: string, turn: number) => void>> = {
  'numbers down': (path) => {
    shift(path);
    renameSync(path, `${path}.1`);
  },
  'numbers up': (path, turn) => renameSync(path, `${path}.${8 + turn}`),
  'dates with a hyphen': (path, turn) => renameSync(path, `${path}-${20261128 + turn}`),
  'dates with a dot': (path, turn) => renameSync(path, `${path}.2026-11-${28 + turn}`),
  'times of a day': (path, turn) => renameSync(path, `${path}.2026-11-28T${10 + turn}:00:00`),
  'copied and cut': (path) => {
    shift(path);
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
  },
};

const MINUTE_S = 60;
const DAY_S = 86_400;
const BEGIN_S = 1_790_000_000;

/** When the file of a turn is written to, in s. */
const CLOCKS: Readonly<Record<string, (turn: number) => number>> = {
  'is steady': (turn) => BEGIN_S + turn * MINUTE_S,
  'was set back': (turn) => BEGIN_S + turn * MINUTE_S - (turn >= 2 ? DAY_S : 0),
  'was set back each time': (turn) => BEGIN_S - turn * DAY_S,
  'was set forward': (turn) => BEGIN_S + turn * MINUTE_S + (turn >= 2 ? DAY_S : 0),
  'stands still': () => BEGIN_S,
};

describe('a rotated file', function () {
  this.timeout(300_000);
  const runs: FollowedFile[] = [];

  afterEach(async () => {
    for (const run of runs.splice(0)) await run.end();
  });

  const directory = temporaryDirectories();

  async function follow(path: string): Promise<FollowedFile> {
    const run = new FollowedFile(path, fastClock(50), { poll_interval: '100ms' });
    runs.push(run);
    return run.start();
  }

  for (const [scheme, putAway] of Object.entries(SCHEMES))
    for (const [clock, at] of Object.entries(CLOCKS)) {
      const write = (path: string, turn: number) => {
        appendFileSync(path, `${turn}\n`);
        utimesSync(path, at(turn), at(turn));
      };
      const rotate = (path: string, turn: number) => {
        putAway(path, turn);
        write(path, turn);
      };
      /** What is there before it is followed, and must not be read. */
      const history = (path: string) => {
        for (const turn of [-2, -1]) {
          write(path, turn);
          putAway(path, turn);
        }
        write(path, 0);
      };

      describe(`${scheme}, while the clock ${clock}`, () => {
        it('is followed by the next', async () => {
          const path = join(directory(), 'app.log');
          history(path);
          const run = await follow(path);
          await run.has('0');
          for (const turn of [1, 2, 3]) {
            rotate(path, turn);
            await run.has(...['0', '1', '2', '3'].slice(0, turn + 1));
          }
        });

        // What was cut between two looks is lost: docs/pipe.md says so.
        if (scheme === 'copied and cut') return;

        it('is followed by those that were rotated between two looks', async () => {
          const path = join(directory(), 'app.log');
          history(path);
          const run = await follow(path);
          await run.has('0');
          for (const turn of [1, 2, 3]) rotate(path, turn);
          await run.has('0', '1', '2', '3');
        });

        it('is followed by those that were rotated while it was not read', async () => {
          const path = join(directory(), 'app.log');
          history(path);
          const first = await follow(path);
          await first.has('0');
          await first.end();
          write(path, 0.5);
          for (const turn of [1, 2, 3]) rotate(path, turn);
          await (await follow(path)).has('0.5', '1', '2', '3');
        });
      });
    }

  it('is followed by the new one when that comes late', async () => {
    const path = join(directory(), 'app.log');
    writeFileSync(path, '1\n');
    const run = await follow(path);
    await run.has('1');
    renameSync(path, `${path}.1`);
    appendFileSync(`${path}.1`, '2\n');
    await run.has('1', '2');
    writeFileSync(path, '3\n');
    await run.has('1', '2', '3');
  });

  it('is read to its end also where the process stood still when that seemed to be reached', async () => {
    const path = join(directory(), 'app.log');
    writeFileSync(path, '1\n');
    const pollMs = 500;
    const whileAsleep = [
      () => {
        renameSync(path, `${path}.1`);
        writeFileSync(path, '3\n');
      },
      () => {
        appendFileSync(`${path}.1`, '2\n');
        time += MINUTE_S * 1000;
      },
    ];
    let time = 0;
    const clock: Clock = {
      now: () => time,
      sleep: async (ms, signal) => {
        time += ms;
        if (ms === pollMs && run.sink.given.length > 0) whileAsleep.shift()?.();
        await systemClock.sleep(1, signal);
      },
    };
    const run = new FollowedFile(path, clock, { poll_interval: `${pollMs}ms` });
    runs.push(run);
    await run.start();
    await run.has('1', '2', '3');
  });

  it('is not read twice when the copy of a cut was rotated on', async () => {
    const path = join(directory(), 'app.log');
    writeFileSync(path, '1\n');
    const run = await follow(path);
    await run.has('1');
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
    appendFileSync(path, '"two"\n');
    await run.has('1', '"two"');
    await run.end();
    renameSync(`${path}.1`, `${path}.2`);
    renameSync(path, `${path}.1`);
    writeFileSync(path, '3\n');
    await (await follow(path)).has('3');
  });

  it('leaves those behind it to be read when it was deleted while nothing followed', async () => {
    const path = join(directory(), 'app.log');
    writeFileSync(path, '1\n');
    const first = await follow(path);
    await first.has('1');
    await first.end();
    renameSync(path, `${path}.2`);
    writeFileSync(`${path}.1`, '2\n');
    writeFileSync(path, '3\n');
    rmSync(`${path}.2`);
    const run = await follow(path);
    await run.has('2', '3');
    expect(run.log.all).to.contain('the file that was read up to byte 2 is gone');
  });

  it('is told of when it was compressed before it was read', async () => {
    const path = join(directory(), 'app.log');
    writeFileSync(`${path}.4.gz`, 'old');
    writeFileSync(path, '1\n');
    const first = await follow(path);
    await first.has('1');
    await first.end();
    renameSync(path, `${path}.3`);
    writeFileSync(`${path}.2.gz`, 'lost');
    writeFileSync(`${path}.1`, '3\n');
    writeFileSync(path, '4\n');
    const run = await follow(path);
    await run.has('3', '4');
    expect(run.log.all).to.contain(`not read, as compressed files are not: ${path}.2.gz `);
  });

  it('is named with the others where the names leave doubt', async () => {
    const path = join(directory(), 'app.log');
    writeFileSync(path, '1\n');
    const run = await follow(path);
    await run.has('1');
    renameSync(path, `${path}-20261128`);
    writeFileSync(`${path}.1`, '2\n');
    writeFileSync(path, '3\n');
    await run.has('1', '2', '3');
    expect(run.log.all).to.contain(`names leave doubt: ${path}-20261128, ${path}.1 `);
  });

  it('is put in order as well from a checkpoint that does not say what is older', async () => {
    const path = join(directory(), 'app.log');
    writeFileSync(`${path}.1`, '"old"\n');
    writeFileSync(path, '1\n');
    const first = await follow(path);
    await first.has('1');
    await first.end();
    const { older, born, ...rest } = JSON.parse(readFileSync(`${path}.checkpoint`, 'utf8'));
    expect(older).to.have.length(1);
    writeFileSync(`${path}.checkpoint`, JSON.stringify(rest));
    for (const line of ['2', '3']) {
      shift(path);
      renameSync(path, `${path}.1`);
      writeFileSync(path, `${line}\n`);
      utimesSync(path, BEGIN_S, BEGIN_S);
    }
    await (await follow(path)).has('2', '3');
  });

  it('has a name with its age, and copies have none', () => {
    const inOrder = [
      ['app.log.10', 'app.log.9', 'app.log.1.gz', 'app.log-0'],
      ['app.log-20261127', 'app.log.2026-11-28', 'app.log.2026-11-28.2', 'app.log-20261128.10', 'app.log-20261129'],
      ['app.log.202611', 'app.log.202612.zst'],
    ];
    const ages = (names: readonly string[]) => names.map((name) => rotatedName(name, 'app.log'));
    for (const names of inOrder)
      ages(names).reduce((one, other) => {
        expect(one && other && compareNames(one, other), `${names}`).to.be.lessThan(0);
        return other;
      });
    for (const name of ['app.log', 'app.log.1.bak', 'app.log.checkpoint', 'app.log2', 'other.log.1'])
      expect(rotatedName(name, 'app.log'), name).to.equal(undefined);
  });
});
