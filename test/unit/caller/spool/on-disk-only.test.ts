import { expect } from 'chai';
import { describe, it } from 'mocha';
import { OnDiskOnly } from '../../../../src/caller/spool/on-disk-only.ts';

describe('messages that are on disk only', () => {
  const poison = (sequence: number) => ({ sequence, attempts: [] });

  /** Messages 0 to 9. */
  function ten(): OnDiskOnly {
    const onDiskOnly = new OnDiskOnly();
    onDiskOnly.add([0, 9]);
    return onDiskOnly;
  }

  it('are no longer given to workers as poison once they have settled in a run', () => {
    const onDiskOnly = ten();
    for (const sequence of [2, 5, 8]) onDiskOnly.giveUp(poison(sequence));
    expect(onDiskOnly.delete([3, 6])).to.equal(4);
    expect(onDiskOnly.poison.map(({ sequence }) => sequence)).to.deep.equal([2, 8]);
  });

  it('are no longer held back for their dead letter once they have settled in a run', () => {
    const onDiskOnly = ten();
    for (const sequence of [2, 5]) expect(onDiskOnly.failPermanently(sequence)).to.equal(true);
    expect(onDiskOnly.delete([4, 9])).to.equal(6);
    onDiskOnly.add([4, 9]);
    expect(onDiskOnly.backlog).to.deep.equal([
      [0, 1],
      [3, 9],
    ]);
  });

  it('have no dead letter made once they have settled', () => {
    const onDiskOnly = ten();
    onDiskOnly.delete([0, 9]);
    expect(onDiskOnly.failPermanently(4)).to.equal(false);
    onDiskOnly.add([0, 9]);
    expect(onDiskOnly.backlog).to.deep.equal([[0, 9]]);
  });
});
