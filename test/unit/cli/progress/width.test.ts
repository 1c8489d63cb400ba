import { expect } from 'chai';
import { cutTo, widthOf } from '../../../../src/cli/progress/width.ts';

describe('the width of a text on a terminal', () => {
  const WIDTHS: readonly (readonly [text: string, columns: number])[] = [
    ['', 0],
    ['orders', 6],
    ['größe', 5],
    ['gro\u0308\u00dfe', 5], // o with a combining mark
    ['注文', 4],
    ['ｱ', 1],
    ['한글', 4],
    ['🙂', 2],
    ['👩‍👧', 2],
    ['❤️', 2],
    ['a\u200bb', 2],
  ];
  for (const [text, columns] of WIDTHS)
    it(`is ${columns} for '${text}'`, () => expect(widthOf(text)).to.equal(columns));

  it('is what a cut text does not exceed, whose last character says that it was cut', () => {
    expect(cutTo(6, 'orders')).to.equal('orders');
    expect(cutTo(5, 'orders')).to.equal('orde…');
    expect(cutTo(5, '注文注文')).to.equal('注文…');
    expect(cutTo(4, '注文注文')).to.equal('注…');
    expect(cutTo(4, '注文')).to.equal('注文');
    expect(cutTo(3, 'e\u0301e\u0301e\u0301')).to.equal('e\u0301e\u0301e\u0301');
    for (let columns = 1; columns < 20; columns++)
      expect(widthOf(cutTo(columns, 'a注b文👩‍👧c🙂ddé한'))).to.be.at.most(columns);
  });
});
