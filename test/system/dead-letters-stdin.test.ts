/** Dead letters of a file that the command has open, as behind `/dev/stdin`, whose name it does not know. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { deadLetterLine } from '../../src/caller/dead-letters/letter-line.ts';
import { letterOf } from '../support/letters.ts';
import { COMMAND } from '../support/run-command.ts';

describe('dead letters of a descriptor', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'outspool-stdin-'));
    writeFileSync(join(folder, 'p.yaml'), 'producers:\n  - { type: memory, name: orders }\n');
    writeFileSync(
      join(folder, 'letters.ndjson'),
      [letterOf(), letterOf()].map((letter) => `${deadLetterLine(letter)}\n`).join(''),
    );
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = (args: string) => {
    const script = `${process.execPath} ${COMMAND} dead-letters ${args}`;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' });
    return { status, stdout, stderr };
  };

  for (const [path, input] of [
    ['/dev/stdin', '< letters.ndjson'],
    ['/dev/fd/9', '9< letters.ndjson'],
    ['/proc/self/fd/0', '< letters.ndjson'],
    ['/dev/stdin', '< <(cat letters.ndjson)'],
  ] as const) {
    it(`are listed and shown: ${path} ${input}`, () => {
      const listed = run(`ls ${path} ${input}`);
      expect(listed.status, listed.stderr).to.equal(0);
      expect(listed.stderr + listed.stdout).to.contain(`${path}: 2 dead letters\n`);
      const shown = run(`show ${path} 2 ${input}`);
      expect(shown.status, shown.stderr).to.equal(0);
      expect(shown.stderr + shown.stdout).to.contain('{"total":9.5}');
    });

    it(`are not replayed: ${path} ${input}`, () => {
      const before = readFileSync(join(folder, 'letters.ndjson'), 'utf8');
      const { status, stdout, stderr } = run(`replay ${path} -c p.yaml ${input}`);
      expect({ status, stdout, stderr }).to.deep.equal({
        status: 2,
        stdout: '',
        stderr: `error: ${path} is the path of a descriptor, and a replay replaces its file: name the file itself\n`,
      });
      expect(readdirSync(folder).sort()).to.deep.equal(['letters.ndjson', 'p.yaml']);
      expect(readFileSync(join(folder, 'letters.ndjson'), 'utf8')).to.equal(before);
    });
  }
});
