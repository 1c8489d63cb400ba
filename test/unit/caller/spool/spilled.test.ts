import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Spilled } from '../../../../src/caller/spool/spilled.ts';

describe('messages that are on disk only', () => {
  const poison = (sequence: number) => ({ sequence, attempts: [] });

  /** Messages 0 to 9. */
  function ten(): Spilled {
    const spilled = new Spilled();
    spilled.add([0, 9]);
    return spilled;
  }

  it('are no longer given to workers as poison once they have settled in a run', () => {
    const spilled = ten();
    for (const sequence of [2, 5, 8]) spilled.giveUp(poison(sequence));
    expect(spilled.delete([3, 6])).to.equal(4);
    expect(spilled.poison.map(({ sequence }) => sequence)).to.deep.equal([2, 8]);
  });

  it('are no longer held back for their dead letter once they have settled in a run', () => {
    const spilled = ten();
    for (const sequence of [2, 5]) expect(spilled.condemn(sequence)).to.equal(true);
    expect(spilled.delete([4, 9])).to.equal(6);
    spilled.add([4, 9]);
    expect(spilled.backlog).to.deep.equal([
      [0, 1],
      [3, 9],
    ]);
  });

  it('have no dead letter made once they have settled', () => {
    const spilled = ten();
    spilled.delete([0, 9]);
    expect(spilled.condemn(4)).to.equal(false);
    spilled.add([0, 9]);
    expect(spilled.backlog).to.deep.equal([[0, 9]]);
  });
});
