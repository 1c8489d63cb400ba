import { expect } from 'chai';
import fc from 'fast-check';
import type { NumberRun } from '../../../../src/shared/sequence-ranges.ts';
import { SettledMap } from '../../../../src/spool/settlements/settled-map.ts';

const FIRST = 1000;
const END = FIRST + 200;

describe('what of a segment has settled', () => {
  const run = fc
    .tuple(fc.integer({ min: FIRST, max: END - 1 }), fc.integer({ min: 0, max: 40 }))
    .map(([first, more]) => ({ first, last: Math.min(END - 1, first + more) }));

  it('is the same as a set of numbers, in every order of settling', () => {
    fc.assert(
      fc.property(fc.array(run, { maxLength: 30 }), (runs) => {
        const map = new SettledMap(FIRST);
        const model = new Set<number>();
        for (const { first, last } of runs) {
          const before = model.size;
          for (let number = first; number <= last; number++) model.add(number);
          expect(map.settle(first, last)).to.equal(model.size - before);
        }
        const expand = (list: Iterable<NumberRun>) =>
          [...list].flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at));
        const all = Array.from({ length: END - FIRST }, (_, at) => FIRST + at);
        expect(map.count).to.equal(model.size);
        expect(all.filter((number) => map.has(number))).to.deep.equal(all.filter((number) => model.has(number)));
        expect(expand(map.runs(END))).to.deep.equal(all.filter((number) => model.has(number)));
        expect(expand(map.unsettledRuns(FIRST, END))).to.deep.equal(all.filter((number) => !model.has(number)));
      }),
    );
  });
});
