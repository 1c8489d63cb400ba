import { expect } from 'chai';
import { jsonProblem } from '../../../../src/pipe/lines/json-problem.ts';

const GOOD = '{"a":[1,-2.5e+3,true,null,"t\\u00e9\\n\\"x\\""],"b":{"c":[],"d":{}},"🙂":"\u007f"}';
const PIECES = [...'{}[],:"\\ \t01-.e+u', 'true', 'nul', '"k"', '🙂', '\u0001'];

/** Always the same numbers, so that a failure comes back. */
function* randoms(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    yield state;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('jsonProblem', () => {
  it('agrees with JSON.parse about what is right: it finds nothing before the end', () => {
    for (const text of [GOOD, '0', ' [ ] ', '"x"', '-0.5E-7', `"${'é'.repeat(100_000)}"`])
      expect(jsonProblem(text), text.slice(0, 20)).to.include({ offset: text.length });
  });

  it('gets through millions of blanks and digits', () => {
    const [blanks, digits] = [' '.repeat(4e6), '1'.repeat(4e6)];
    expect(jsonProblem(`{${blanks}x`)).to.include({ offset: 4e6 + 1 });
    expect(jsonProblem(`[${digits}.${digits}e${digits} x`)).to.include({ offset: 12e6 + 4 });
    for (const bad of ['01', '1.', '1e', '-', '+1', 'truex', '.5', '1e+'])
      expect(jsonProblem(`[${bad}]`), bad).to.include({ offset: 1 });
  });

  it('points at the first place that no JSON text could go on from, whatever was broken', () => {
    const random = randoms(7);
    const below = (limit: number) => (random.next().value as number) % limit;
    for (let round = 0; round < 20_000; round++) {
      const at = below(GOOD.length);
      const text = GOOD.slice(0, at) + PIECES[below(PIECES.length)] + GOOD.slice(at + below(3));
      const { offset, message } = jsonProblem(text);
      if (isJson(text)) expect(offset, text).to.equal(text.length);
      else expect(offset, text).to.be.at.least(0).and.at.most(text.length);
      expect(message).to.be.a('string').and.not.equal('');
      // The text up to there is no more wrong than any beginning: cut there, only its end is missing. (Texts are wrong as a whole.)
      if (!isJson(text) && !/in a text|closing quote/.test(message))
        expect(jsonProblem(text.slice(0, offset)).offset, text).to.equal(offset);
    }
  });

  it('reads texts of megabytes and thousands of brackets', () => {
    expect(jsonProblem(`{"a":"${'\\n'.repeat(2_000_000)}`).message).to.equal('this text has no closing quote');
    expect(jsonProblem('['.repeat(1_000_000)).offset).to.equal(1_000_000);
  });
});
