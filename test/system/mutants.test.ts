/** `npm run mutants` on a small repository: it must find what is tested, and name what is not. */

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import type { Equivalent } from '../mutants/equivalent.ts';
import { mutationRun } from '../mutants/run.ts';
import { runTests } from '../mutants/run-tests.ts';
import { REPOSITORY } from '../support/repository.ts';
import { temporaryDirectories } from '../support/temporary.ts';

/** Needs no change to be JavaScript. */
const TOY = `export function isAdult(age) {
    return age >= 18;
}
export function isFree(plan) {
    return plan.price === 0;
}
`;

const TOY_TEST = `import assert from 'node:assert';
import { isAdult } from '../../src/toy.js';
describe('a toy', () => {
  it('tells adults, but of the bound it knows nothing', () => {
    assert.equal(isAdult(40), true);
    assert.equal(isAdult(3), false);
  });
});
`;

const FAILING = `describe('a toy', () => { it('fails', () => { throw new Error('always'); }); });\n`;
const HANGING = `describe('a toy', () => { it('hangs', () => { for (;;); }); });\n`;

const ENTRY: Equivalent = {
  file: 'src/toy.ts',
  code: 'return age >= 18;',
  operator: 'comparison',
  reason: 'for this test, as if no age were that one',
};

describe('npm run mutants', function () {
  this.timeout(120_000);
  const directory = temporaryDirectories();

  function repository(files: Readonly<Record<string, string>> = {}): string {
    const root = directory();
    const all = {
      'package.json': '{ "type": "module" }',
      'tsconfig.tests.json':
        '{ "compilerOptions": { "module": "nodenext", "target": "es2023", "rootDir": ".", "types": [] }, "include": ["src"] }',
      'src/toy.ts': `// @ts-nocheck\n${TOY}`,
      'build/src/toy.js': `// @ts-nocheck\n${TOY}`,
      'build/test/unit/toy.test.js': TOY_TEST,
      ...files,
    };
    for (const [name, text] of Object.entries(all)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
    symlinkSync(join(REPOSITORY, 'node_modules'), join(root, 'node_modules'));
    return root;
  }

  async function run(root: string, equivalents: readonly Equivalent[] = []) {
    const said: string[] = [];
    const options = { count: 100, seed: 1, jobs: 2, only: [], say: (line: string) => said.push(line) };
    const { trials, ...lists } = await mutationRun(root, equivalents, options);
    const found = trials.map(
      ({ mutant: { line, operator, text }, verdict }) => `${line} ${operator} ${text}: ${verdict}`,
    );
    return { found: found.sort(), said, ...lists };
  }

  it('says what the tests find, what they do not, and what they never run', async () => {
    const { found, said } = await run(repository({ 'build/test/unit/red.test.js': FAILING }));
    expect(found).to.deep.equal([
      '3 comparison >: survived',
      '3 number 17: survived',
      '3 number 19: survived',
      '3 result undefined: killed',
      '6 comparison !==: not reached',
      '6 number (-1): not reached',
      '6 number 1: not reached',
      '6 result undefined: not reached',
    ]);
    expect(said.join('\n')).to.contain('left out, as it fails without a mutant: build/test/unit/red.test.js');
  });

  it('leaves out what is listed as equivalent, and refuses entries that are wrong', async () => {
    const killed: Equivalent = { ...ENTRY, operator: 'result' };
    const gone: Equivalent = { ...ENTRY, code: 'return age > 18;' };
    const { found, stale, wronglyListed } = await run(repository(), [ENTRY, killed, gone]);
    expect(found).to.include('3 number 17: survived').and.not.to.include('3 comparison >: survived');
    expect(stale).to.deep.equal([gone]);
    expect(wronglyListed.map(({ operator }) => operator)).to.deep.equal(['result']);
  });

  it('ends a test that hangs', async () => {
    const root = repository({ 'build/test/unit/hanging.test.js': HANGING });
    const { outcome } = await runTests(root, { tests: ['build/test/unit/hanging.test.js'], limitMs: 500 });
    expect(outcome).to.equal('timed out');
  });
});
