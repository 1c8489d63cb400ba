import { expect } from 'chai';
import { widthOf } from '../../../../src/cli/progress/width.ts';
import { frame, topTable } from '../../../../src/cli/top/frame.ts';
import { rowsOf } from '../../../../src/cli/top/rows.ts';
import { figures, statusWith } from './figures.ts';

const rows = (count: number, own = {}) => {
  const producers = Array.from({ length: count }, (_, at) => [`orders-${at}`, figures(own)]);
  return rowsOf('here:1', { at: 0, asked: { status: statusWith(Object.fromEntries(producers)) } }, undefined);
};

describe('the screen of produce top', () => {
  it('has a line for each producer', () => {
    const own = { delivered: 12_345, pending: 7, oldestMs: 61_400, queue: { bytes: 1, maxBytes: 2 } };
    const [head = '', line = ''] = topTable(rows(1, own)).split('\n');
    expect(head).to.match(/^process +producer +kind +state +in\/s +out\/s +delivered +failed .*oldest +blocked by$/);
    expect(line).to.match(/^here:1 +orders-0 +http +ready +- +- +12,345 +0 +7 +50 % +- +61\.4 s +-$/);
  });

  it('says why a process is away', () => {
    expect(topTable([{ process: 'here:1', why: 'no answer' }])).to.match(/\nhere:1 +away +no answer$/);
  });

  it('fits the terminal in both directions, and says how much does not', () => {
    const lines = frame('heading', rows(30), { columns: 40, lines: 10 });
    expect(lines).to.have.length(10);
    for (const line of lines) expect(widthOf(line)).to.be.at.most(40);
    expect(lines.at(-1)).to.equal('… and 24 more');
    expect(frame('heading', rows(3), { columns: 200, lines: 10 })).to.have.length(6);
  });

  it('shows no character of another process that would control the terminal', () => {
    const text = topTable(rows(1, { kind: '\x1b[2J', blockedBy: { by: 'spool', why: 'a\u009bb\u202ec' } }));
    expect(text).to.contain('·[2J').and.to.contain('a·b·c');
    expect(text.replaceAll('\n', '')).not.to.match(/\p{Control}/u);
  });

  for (const [oldestMs, shown] of [
    [5, '5 ms'],
    [1500, '1.5 s'],
    [180_000, '3 min'],
    [86_400_000, '24 h'],
  ] as const)
    it(`says ${shown} for an age of ${oldestMs} ms`, () => {
      expect(topTable(rows(1, { oldestMs }))).to.contain(`  ${shown}  `);
    });
});
