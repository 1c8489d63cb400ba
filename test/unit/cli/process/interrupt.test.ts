import { expect } from 'chai';
import { Interruption, TOGETHER_MS } from '../../../../src/cli/process/interrupt.ts';

describe('signals of a command', () => {
  it('count as one where they come together, and end it from then on', () => {
    let now = 1000;
    const interruption = new Interruption(() => now);
    const at = (ms: number) => {
      now = 1000 + ms;
      return interruption.take();
    };
    expect(interruption.signal.aborted).to.equal(false);
    expect(at(0)).to.equal('finish');
    expect(interruption.signal.aborted).to.equal(true);
    expect([1, 40, TOGETHER_MS - 1].map(at)).to.deep.equal(['pass over', 'pass over', 'pass over']);
    expect([TOGETHER_MS, TOGETHER_MS + 1].map(at)).to.deep.equal(['end', 'end']);
  });
});
