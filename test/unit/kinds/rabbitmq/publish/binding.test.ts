import { expect } from 'chai';
import fc from 'fast-check';
import { matchesTopic, takes } from '../../../../../src/kinds/rabbitmq/publish/binding.ts';

/** The rules of AMQP, as plainly as they can be written. */
function reference([part, ...parts]: readonly string[], words: readonly string[]): boolean {
  const [word, ...rest] = words;
  if (part === undefined) return words.length === 0;
  if (part === '#') return reference(parts, words) || (words.length > 0 && reference([part, ...parts], rest));
  return words.length > 0 && (part === '*' || part === word) && reference(parts, rest);
}

describe('the binding of a topic exchange', () => {
  const rows: readonly (readonly [pattern: string, matching: readonly string[], others: readonly string[]])[] = [
    ['#', ['', 'a', 'a.b', '.', 'a..b'], []],
    ['*', ['a', '#'], ['', 'a.b', '.']],
    ['a', ['a'], ['', 'A', 'ab', 'a.', 'a.a']],
    ['', [''], ['a', '.']],
    ['t.#', ['t', 't.2', 't.2.3', 't.'], ['', 't2', 'x.t', 'x.t.2']],
    ['t.*', ['t.2', 't.'], ['t', 't.2.3', 'x.2']],
    ['#.t', ['t', 'a.t', 'a.b.t'], ['', 't.a']],
    ['*.b.*', ['a.b.c', '.b.'], ['b', 'a.b', 'b.c', 'a.b.c.d', 'a.x.c']],
    ['a.#.b', ['a.b', 'a.x.b', 'a.x.y.b', 'a.b.b'], ['a', 'b', 'a.b.x']],
    ['*.#', ['a', 'a.b'], ['']],
    ['#.*.#', ['a', 'a.b'], ['']],
    ['t*', ['t*'], ['t2', 't']],
    ['t#.a', ['t#.a'], ['t.a', 't.x.a']],
    ['a.(.[', ['a.(.['], ['a.x']],
  ];
  for (const [pattern, matching, others] of rows)
    it(`takes what '${pattern}' matches, and nothing else`, () => {
      for (const key of matching) expect(matchesTopic(pattern, key), key).to.equal(true);
      for (const key of others) expect(matchesTopic(pattern, key), key).to.equal(false);
    });

  it('takes what the rules of AMQP say', () => {
    const key = (...words: string[]) => fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 7 });
    fc.assert(
      fc.property(key('a', 'b', '*', '#', '#'), key('a', 'b', 'c'), (pattern, words) => {
        expect(matchesTopic(pattern.join('.'), words.join('.'))).to.equal(reference(pattern, words));
      }),
      { numRuns: 2000 },
    );
  });

  it('is soon decided, however many ways there are to match', () => {
    const started = performance.now();
    expect(matchesTopic(Array(127).fill('#').join('.'), `${Array(127).fill('a').join('.')}`)).to.equal(true);
    expect(matchesTopic(`${'#.a.'.repeat(60)}b`, Array(127).fill('a').join('.'))).to.equal(false);
    expect(performance.now() - started).to.be.below(1000);
  });
});

describe('the binding of another exchange', () => {
  const rows: readonly (readonly [exchangeType: string, key: string, routingKey: string, expected: boolean])[] = [
    ['fanout', 'b', 'x', true],
    ['headers', 'b', 'x', true],
    ['direct', 'b', 'b', true],
    ['direct', '#', 'x', false],
    ['topic', 'b.*', 'b.x', true],
    ['x-consistent-hash', '10', 'x', false],
    ['x-random', '#', 'x', false],
  ];
  for (const [exchangeType, key, routingKey, expected] of rows)
    it(`${expected ? 'takes' : 'is not known to take'} '${routingKey}': ${exchangeType} '${key}'`, () => {
      expect(takes({ exchangeType, key }, routingKey)).to.equal(expected);
    });
});
