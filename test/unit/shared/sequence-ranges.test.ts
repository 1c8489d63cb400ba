import { expect } from 'chai';
import { countOf, NumberRuns } from '../../../src/shared/sequence-ranges.ts';

/** A small generator of its own seed: the same numbers in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

describe('runs of numbers', () => {
  it('hold what a set of numbers holds, whatever is added and deleted', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const next = numbers(seed);
      const runs = new NumberRuns();
      const model = new Set<number>();
      for (let step = 0; step < 60; step++) {
        const first = next(80) - 20;
        const last = first + next(12);
        const before = model.size;
        const adds = next(3) > 0;
        for (let number = first; number <= last; number++) adds ? model.add(number) : model.delete(number);
        if (adds) runs.add([first, last]);
        else expect(runs.delete([first, last])).to.equal(before - model.size);
        expect(runs.count, `seed ${seed}, step ${step}`).to.equal(model.size);
        for (let number = -22; number < 95; number++) expect(runs.has(number)).to.equal(model.has(number));
        expect(runs.first ?? 0).to.equal(model.size === 0 ? 0 : Math.min(...model));
      }
    }
  });

  it('join neighbours, and count without walking the numbers', () => {
    const runs = new NumberRuns([
      [0, 999_999],
      [1_000_001, 2_000_000],
    ]);
    runs.add([1_000_000, 1_000_000]);
    expect(runs.all).to.deep.equal([[0, 2_000_000]]);
    expect(countOf(runs.all)).to.equal(2_000_001);
  });
});
