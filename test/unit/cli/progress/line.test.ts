import { expect } from 'chai';
import { progressLine } from '../../../../src/cli/progress/line.ts';

describe('a progress line', () => {
  it('has the rate, what was delivered, failed and is buffered, and the time that is left', () => {
    const reading = { done: 12_345, failed: 2, buffered: 678, share: 0.456 };
    expect(progressLine('orders', reading, { rate: 1234.4, leftMs: 61_000 })).to.equal(
      'orders  12,345 delivered  1,234/s  2 failed  678 buffered  45 %  1:01 left',
    );
  });

  it('leaves out what is not known', () => {
    expect(progressLine('spool', { done: 0, what: 'records' }, { rate: 0 })).to.equal('spool  0 records  0/s');
  });

  it('shows control characters of a title as text', () => {
    expect(progressLine('a\x1b[2J\nb', { done: 0 }, { rate: 0 })).to.match(/^a\\u\{1b\}\[2J\\u\{a\}b {2}0/);
  });

  for (const [leftMs, text] of [
    [1, '0:01'],
    [59_001, '1:00'],
    [3_600_000, '1:00:00'],
    [36_061_000, '10:01:01'],
  ] as const)
    it(`says ${text} for ${leftMs} ms`, () => {
      expect(progressLine('x', { done: 0 }, { rate: 0, leftMs })).to.match(new RegExp(` ${text} left$`));
    });
});
