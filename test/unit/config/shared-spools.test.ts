import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { temporaryDirectories } from '../../support/temporary.ts';
import { INSPECTED, loadProducers, problems } from './helpers.ts';

describe('spools of one file', () => {
  const directory = temporaryDirectories();

  function load(folder: string, ...paths: string[]) {
    const file = join(folder, 'p.yaml');
    const lines = paths.map(
      (path, index) => `  - { type: memory, name: p${index}, queue: { spool: { path: ${path} } } }\n`,
    );
    writeFileSync(file, `producers:\n${lines.join('')}`);
    return loadProducers(file, INSPECTED);
  }

  it('are one where a link leads to the other, also before it is there', async () => {
    const folder = directory();
    mkdirSync(join(folder, 'real'));
    symlinkSync('real', join(folder, 'link'));
    const [problem, ...others] = await problems(load(folder, 'real/s', 'link/s', 'link', join(folder, 'real')));
    expect(problem).to.match(
      /^3:\d+ {2}producers\[1\]\.queue\.spool\.path {2}is the directory of producer 'p0', on line 2, too/,
    );
    expect(others).to.have.length(1);
    expect(others[0]).to.include("'p2', on line 4");
    expect(await load(folder, 'real/s', 'link/t')).to.have.length(2);
  });

  if (process.platform === 'linux')
    it('are not where the kernel keeps its own files', async () => {
      const [problem] = await problems(load(directory(), '/proc/spool'));
      expect(problem).to.include("got text '/proc/spool', whose folder");
    });
});
