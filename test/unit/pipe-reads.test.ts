/** Pipes that a person names: read as they come, and given up where nothing comes. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import type { Clock } from '../../src/clock.ts';
import { readGiven, readPipe } from '../../src/pipe-reads.ts';
import { temporaryDirectories } from '../support/temporary.ts';

const MIB = 2 ** 20;

/** Time passes as fast as it is asked for. */
const hurried = (): Clock => {
  let ms = 0;
  return {
    now: () => ms,
    sleep: async (pause) => {
      ms += pause;
      await new Promise(setImmediate);
    },
  };
};

describe('a pipe that a person names', () => {
  const directory = temporaryDirectories();
  let path: string;

  beforeEach(() => {
    path = join(directory(), 'pipe');
    execFileSync('mkfifo', [path]);
  });

  /** Runs a shell's words with the pipe at descriptor 1. */
  const writing = (words: string) => once(spawn('sh', ['-c', `{ ${words}; } > ${path}`], { stdio: 'ignore' }), 'exit');
  const text = async (most = MIB) => (await readGiven(path, most)).toString();

  it('is read to its end, however late its writer comes and however slowly it writes', async () => {
    const reading = text();
    await writing('sleep 0.1; printf a; sleep 0.1; printf b');
    expect(await reading).to.equal('ab');
  });

  for (const bytes of [0, 1, 65_536, 200_000])
    it(`gives ${bytes} bytes`, async () => {
      const reading = text();
      await writing(`sleep 0.1; head -c ${bytes} /dev/zero`);
      expect(await reading).to.have.length(bytes);
    });

  it('is refused where more comes than is taken, also when it has no end', async () => {
    const reading = text(2 * MIB).catch((error) => error);
    const written = writing('exec cat /dev/zero');
    expect((await reading).message).to.equal('is larger than 2 MiB');
    await written;
  });

  it('is given up where nothing comes for a minute', async () => {
    const error = await readGiven(path, MIB, hurried()).catch((thrown) => thrown);
    expect(error.message).to.equal('is a pipe without a byte for 60 s');
  });

  it('leaves the event loop a turn between any two pieces, however fast they come', async () => {
    const read = sinon.stub(fs, 'readSync').returns(1);
    try {
      let turns = 0;
      const seen: number[] = [];
      for await (const _ of readPipe(path)) {
        if (seen.push(turns) === 5) break;
        setImmediate(() => turns++);
      }
      expect(seen).to.deep.equal([0, 1, 2, 3, 4]);
    } finally {
      read.restore();
    }
  });

  it('ends where its signal says so', async () => {
    const stop = new AbortController();
    const reading = readPipe(path, { signal: stop.signal }).next();
    stop.abort();
    expect((await reading).done).to.equal(true);
  });

  it('of the shell is at its end where its writer has gone without a word', () => {
    const script = join(directory(), 'read.mjs');
    const module = new URL('../../src/pipe-reads.js', import.meta.url).href;
    writeFileSync(
      script,
      `import { readGiven } from '${module}'; console.log((await readGiven(process.argv[2], 9)).length);`,
    );
    const out = execFileSync('bash', ['-c', `${process.execPath} ${script} <(true)`], { timeout: 30_000 });
    expect(out.toString()).to.equal('0\n');
  });
});
