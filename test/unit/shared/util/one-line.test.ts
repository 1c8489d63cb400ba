import { expect } from 'chai';
import { oneLine } from '../../../../src/shared/util/one-line.ts';

describe('a text on one line', () => {
  it('has a blank in the place of each break and the blanks around it', () => {
    expect(oneLine('a  b \r\n\n\tc\n')).to.equal('a  b c');
    expect(oneLine('\n')).to.equal('');
  });

  it('does not try each of many blanks anew', () => {
    // Some hours with a pattern that begins with a repetition.
    expect(oneLine(`a${' '.repeat(4e6)}b`)).to.have.lengthOf(4e6 + 2);
  });
});
