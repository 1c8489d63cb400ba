/** Dead letters to what is no file: taken where a person may want it, refused where they would be lost. */

import { execFileSync, spawnSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { DeadLetterFile } from '../../../../src/caller/dead-letters/letter-file.ts';
import { appendedAs } from '../../../../src/shared/files/output-device.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';

const MODULE = new URL('../../../../src/caller/dead-letters/letter-file.js', import.meta.url).href;

describe('dead letters to a device', () => {
  const directory = temporaryDirectories();
  let path: string;

  beforeEach(() => {
    path = join(directory(), 'letters');
  });

  const letters = (to: string) => new DeadLetterFile(to, {}).append('{}');

  it('go to /dev/null, also by a link', async () => {
    symlinkSync('/dev/null', path);
    for (const to of ['/dev/null', path]) await letters(to);
  });

  const REFUSED: Readonly<Record<string, () => void>> = {
    '/dev/zero': () => symlinkSync('/dev/zero', path),
    '/dev/full': () => symlinkSync('/dev/full', path),
    '/dev/random': () => symlinkSync('/dev/random', path),
    'a pipe with a name': () => void execFileSync('mkfifo', [path]),
  };
  for (const [name, make] of Object.entries(REFUSED))
    it(`are refused by ${name}`, async () => {
      make();
      const error = await letters(path).then(
        () => 'taken',
        (thrown) => thrown.message,
      );
      expect(error).to.contain('is no regular file');
      expect(appendedAs(path)).to.equal('other');
    });

  /** In a process of its own, whose output goes through `words` of a shell. */
  function written(count: number, words: string): string {
    const script = join(directory(), 'write.mjs');
    writeFileSync(
      script,
      `import { DeadLetterFile } from '${MODULE}';
       const file = new DeadLetterFile('/dev/stdout', { maxBytes: 5000 });
       const line = (number) => JSON.stringify({ number, pad: 'x'.repeat(1000) });
       for (let number = 0; number < ${count}; number++) await file.append(line(number));`,
    );
    const { stdout, stderr, status } = spawnSync('bash', ['-c', `${process.execPath} ${script} ${words}`], {
      cwd: directory(),
    });
    expect(status, String(stderr)).to.equal(0);
    return String(stdout);
  }
  const numbers = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).number);

  for (const [name, words] of [
    ['a pipe', '| cat'],
    ['a pipe whose reader is slow', '| { sleep 0.3; cat; }'],
    ['a file', '> out; cat out*'],
    ['a file that has lines', '>> out; cat out*'],
  ] as const)
    it(`go through /dev/stdout to ${name}, all of them and whole`, () => {
      expect(numbers(written(300, words))).to.deep.equal(Array.from({ length: 300 }, (_, index) => index));
    });
});
