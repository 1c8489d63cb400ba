import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Credits } from '../../../src/shared/credits.ts';

describe('credits', () => {
  const taken = (...ids: number[]): Credits => {
    const credits = new Credits();
    for (const id of ids) credits.take(id);
    return credits;
  };

  it('are held until all has come back', () => {
    const credits = taken(1, 2, 3);
    credits.giveBack(1);
    expect(credits.taken).to.equal(2);
  });

  it('are held no longer by what is overtaken, so that what stands still stops nothing else', () => {
    const credits = taken(1, 2, 3);
    credits.moved(3);
    expect(credits.taken).to.equal(1);
    credits.giveBack(3);
    credits.giveBack(1);
    expect(credits.taken).to.equal(0);
  });

  it('are held by what is newer than what came back, and by what moved first', () => {
    const credits = taken(1, 2, 3);
    credits.moved(1);
    expect(credits.taken).to.equal(3);
    credits.moved(2);
    expect(credits.taken).to.equal(2);
    credits.moved(1); // it was overtaken: what it says now is late
    expect(credits.taken).to.equal(2);
  });

  it('go by the order in which they were taken, not by number', () => {
    const credits = taken(-1, 5, -2);
    credits.moved(-2);
    expect(credits.taken).to.equal(1);
  });
});
