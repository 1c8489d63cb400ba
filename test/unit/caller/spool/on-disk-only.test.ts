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

  it('name the oldest one of a run that has not settled', () => {
    const onDiskOnly = ten();
    onDiskOnly.delete([2, 4]);
    const runs = [
      [0, 9],
      [2, 9],
      [3, 4],
      [4, 5],
      [9, 20],
      [10, 20],
    ] as const;
    expect(runs.map((run) => onDiskOnly.firstIn(run))).to.deep.equal([0, 5, undefined, 5, 9, undefined]);
  });

  it('have no dead letter made once they have settled', () => {
    const onDiskOnly = ten();
    onDiskOnly.delete([0, 9]);
    expect(onDiskOnly.failPermanently(4)).to.equal(false);
    onDiskOnly.add([0, 9]);
    expect(onDiskOnly.backlog).to.deep.equal([[0, 9]]);
  });
});
