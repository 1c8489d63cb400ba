import { expect } from 'chai';
import { InFlight } from '../../../src/pipe/in-flight.ts';

describe('lines on their way', () => {
  it('have room up to their number and up to their bytes, and no further', () => {
    const byNumber = new InFlight<number>({ maxLines: 2, maxBytes: 100 });
    byNumber.add(1, 1);
    expect(byNumber.hasRoom).to.equal(true);
    const done = byNumber.add(2, 1);
    expect(byNumber.hasRoom).to.equal(false);
    done(true);
    expect(byNumber.hasRoom).to.equal(true);
    const byBytes = new InFlight<number>({ maxLines: 100, maxBytes: 10 });
    byBytes.add(1, 9);
    expect(byBytes.hasRoom).to.equal(true);
    byBytes.add(2, 1);
    expect(byBytes.hasRoom).to.equal(false);
  });

  it('are safe up to the first that is not, over any number of them', () => {
    const lines = new InFlight<number>({ maxLines: 10_000, maxBytes: 10_000 });
    const ends = Array.from({ length: 5000 }, (_, mark) => lines.add(mark, 1));
    for (const end of ends.slice(1).reverse()) end(true);
    expect(lines.safeThrough).to.equal(undefined);
    ends[0]?.(true);
    expect(lines.safeThrough).to.equal(4999);
    lines.add(5000, 1)(true);
    lines.add(5001, 1)(false);
    lines.add(5002, 1)(true);
    expect(lines.safeThrough).to.equal(5000);
  });
});
