/** The operators of `npm run mutants`: what each makes of a line, and what it leaves alone. */

import { SourceMap } from 'node:module';
import { expect } from 'chai';
import { type Mutant, mutantsOf, mutated } from '../../mutants/mutants.ts';
import type { OperatorName } from '../../mutants/operators.ts';
import { sample } from '../../mutants/sample.ts';

const NO_MAP = { version: 3, file: '', sources: [], sourcesContent: [], names: [], mappings: '', sourceRoot: '' };

function mutants(text: string, file = 'src/a/toy.ts'): Mutant[] {
  return mutantsOf({ file, emitted: 'build/src/toy.js', text, lines: [], map: new SourceMap(NO_MAP) });
}

/** The source as each mutant of one operator leaves it. */
const by = (operator: OperatorName, text: string): string[] =>
  mutants(text)
    .filter((mutant) => mutant.operator === operator)
    .map((mutant) => mutated(text, mutant));

const CASES: ReadonlyArray<readonly [OperatorName, string, ...string[]]> = [
  ['negate', 'if (a) b();', 'if (!(a)) b();'],
  ['negate', 'while (a < b) c();', 'while (!(a < b)) c();'],
  ['negate', 'if (a === b) c();'],
  ['comparison', 'x = (a + 1) < b;', 'x = (a + 1) <= b;'],
  ['comparison', 'if (a !== b) c();', 'if (a === b) c();'],
  ['comparison', 'x = a in b;'],
  ['logical', 'x = a && b;', 'x = a || b;'],
  ['nullish', 'x = a ?? b;', 'x = (a);', 'x = (b);'],
  ['not', 'x = !a;', 'x = (a);'],
  ['not', 'if (!a) b();'],
  ['arithmetic', 'x = a - b;', 'x = a + b;'],
  ['arithmetic', 'a += b; a++;', 'a -= b; a++;', 'a += b; a--;'],
  ['arithmetic', "x = 'a' + b; x += `b`;"],
  ['number', 'x = 0;', 'x = 1;', 'x = (-1);'],
  ['boolean', 'x = true;', 'x = false;'],
  ['text', "if (a === 'b') c('d');", "if (a === '') c('d');"],
  ['text', "switch (a) { case 'b': c('d'); }", "switch (a) { case '': c('d'); }"],
  ['statement', 'a(); b = c;', '; b = c;', 'a(); ;'],
  ['statement', "'use strict'; class A extends B { constructor() { super(); } }"],
  ['result', 'function f() { return a; }', 'function f() { return undefined; }'],
  ['result', 'f = () => ({});', 'f = () => (undefined);'],
  ['result', 'function f() { return undefined; }'],
  [
    'leaving',
    'function f() { if (a) return; throw b; }',
    'function f() { if (a) ; throw b; }',
    'function f() { if (a) return; ; }',
  ],
  [
    'block',
    'try { a(); } catch { b(); } finally { c(); }',
    'try { a(); } catch {} finally { c(); }',
    'try { a(); } catch { b(); } finally {}',
  ],
  ['await', 'x = await a();', 'x = (a());'],
  ['arms', 'x = a ? b : c;', 'x = (a) ? (c) : (b);'],
];

describe('the operators of mutants', () => {
  for (const [operator, text, ...expected] of CASES) {
    it(`${operator}: ${text}`, () => {
      expect(by(operator, text)).to.deep.equal(expected);
    });
  }

  it('are sampled alike for one seed, and from every folder', () => {
    const all = ['a', 'b', 'c'].flatMap((folder) => mutants('x = 1; y = 2; z = 3;', `src/${folder}/toy.ts`));
    const names = (seed: number) => sample(all, 6, seed).map(({ file, start, text }) => `${file} ${start} ${text}`);
    expect(names(1)).to.deep.equal(names(1)).and.not.to.deep.equal(names(2));
    expect(new Set(sample(all, 1, 1).map(({ file }) => file))).to.have.property('size', 3);
  });
});
