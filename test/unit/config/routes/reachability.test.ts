import { expect } from 'chai';
import { Reach } from '../../../../src/config/routes/reachability.ts';

describe('which producers pass messages to which', () => {
  it('is found by the shortest way, through circles', () => {
    const reach = new Reach();
    for (const [from, to] of ['ab', 'bc', 'ca', 'cd', 'bd', 'de'] as const) reach.add(from as string, to as string);
    expect(reach.path('a', 'e')?.join('')).to.equal('abde');
    expect(reach.path('a', 'a')).to.deep.equal(['a']);
    expect(reach.path('e', 'a')).to.equal(undefined);
    expect(reach.before('d').sort()).to.deep.equal(['b', 'c']);
  });

  it('looks at each producer once, however many ways lead there', () => {
    const reach = new Reach();
    // Two ways at each of 60 steps: 2^60 ways in all, which would take years.
    for (let step = 0; step < 60; step++)
      for (const side of ['left', 'right']) {
        reach.add(`${step}`, `${side} ${step}`);
        reach.add(`${side} ${step}`, `${step + 1}`);
      }
    expect(reach.path('0', 'elsewhere')).to.equal(undefined);
    expect(reach.path('0', '60')).to.have.lengthOf(121);
  });

  it('takes a chain of any length', () => {
    const reach = new Reach();
    for (let step = 0; step < 100_000; step++) reach.add(`${step}`, `${step + 1}`);
    expect(reach.path('0', '100000')).to.have.lengthOf(100_001);
  });
});
