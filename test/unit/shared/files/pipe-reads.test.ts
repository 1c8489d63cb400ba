/** Pipes that a person names: read as they come, and given up where nothing comes. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { readGiven, readPipe } from '../../../../src/shared/files/pipe-reads.ts';
import type { Clock } from '../../../../src/shared/util/clock.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';

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

  /** What a script says with these words of a shell behind its path. */
  function said(code: string, words: string): string {
    const script = join(directory(), 'now.mjs');
    const at = (file: string) => new URL(`../../../../src/${file}.js`, import.meta.url).href;
    writeFileSync(
      script,
      `import { resolveReferences } from '${at('config/yaml/references')}';
       import { readGivenNow } from '${at('shared/files/pipe-reads')}';
       const secret = (path) => resolveReferences('${'$'}{file:' + path + '}', { env: {}, baseDir: '/' });
       console.log(${code});`,
    );
    return execFileSync('bash', ['-c', `${process.execPath} ${script} ${words}`], { timeout: 30_000 })
      .toString()
      .trim();
  }

  const NOW: Readonly<Record<string, readonly [code: string, words: string, said: string]>> = {
    'as a reference': ["secret('/dev/fd/9').text", '9< <(sleep 0.2; echo hunter2)', 'hunter2'],
    'as a reference, from a here document': ["secret('/dev/fd/9').text", '9<<< hunter2', 'hunter2'],
    whole: ["readGivenNow('/dev/fd/9', 999_999).length", '9< <(head -c 200000 /dev/zero)', '200000'],
    'by its path': ['readGivenNow(process.argv[2], 999_999).length', '<(head -c 200000 /dev/zero)', '200000'],
    'without a byte': ["readGivenNow('/dev/fd/9', 9).length", '9< <(true)', '0'],
    'without an end': [
      "secret('/dev/fd/9').problems[0]",
      '9< <(exec yes)',
      `$${'{file:/dev/fd/9}'}: the file is larger than 1 MiB`,
    ],
    'that is silent': [
      "(() => { try { readGivenNow('/dev/fd/9', 9, () => {}); } catch (error) { return error.message; } })()",
      '9< <(exec sleep 5)',
      'is a pipe without a byte for 10 s',
    ],
  };
  for (const [how, [code, words, expected]] of Object.entries(NOW))
    it(`of the shell is read at once ${how}`, () => expect(said(code, words)).to.equal(expected));

  it('of the shell is at its end where its writer has gone without a word', () => {
    const script = join(directory(), 'read.mjs');
    const module = new URL('../../../../src/shared/files/pipe-reads.js', import.meta.url).href;
    writeFileSync(
      script,
      `import { readGiven } from '${module}'; console.log((await readGiven(process.argv[2], 9)).length);`,
    );
    const out = execFileSync('bash', ['-c', `${process.execPath} ${script} <(true)`], { timeout: 30_000 });
    expect(out.toString()).to.equal('0\n');
  });
});
