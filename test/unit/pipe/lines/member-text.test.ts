import { expect } from 'chai';
import fc from 'fast-check';
import { memberText } from '../../../../src/pipe/lines/member-text.ts';

describe('the text of a member', () => {
  it('is as it was written', () => {
    const text = '{ "a" : {"value": 1} , "value" :  12345678901234567890.10  , "b":[ "}", {} ] }';
    expect(memberText(text, 'value')).to.equal('12345678901234567890.10');
    expect(memberText(text, 'a')).to.equal('{"value": 1}');
    expect(memberText(text, 'b')).to.equal('[ "}", {} ]');
    expect(memberText(text, 'c')).to.equal(undefined);
    expect(memberText('{}', 'value')).to.equal(undefined);
  });

  it('is that of the last of its name, however the name is written', () => {
    expect(memberText('{"value":1,"v\\u0061lue":"\\"}"}', 'value')).to.equal('"\\"}"');
  });

  it('says what JSON.parse says, of any object', () => {
    const value = fc.jsonValue({ maxDepth: 4 });
    const name = fc.oneof(fc.constantFrom('value', '"', '\\', 'a:b', '{'), fc.string());
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 6 }), fc.boolean(), (members, isSpaced) => {
        const space = isSpaced ? ' \n' : '';
        const pairs = members.map(([key, one]) => `${JSON.stringify(key)}${space}:${space}${JSON.stringify(one)}`);
        const text = `${space}{${space}${pairs.join(`${space},${space}`)}${space}}`;
        const parsed = JSON.parse(text) as Record<string, unknown>;
        for (const [key] of members)
          expect(JSON.parse(memberText(text, key) ?? 'none')).to.deep.equal(
            Object.getOwnPropertyDescriptor(parsed, key)?.value,
          );
      }),
      { numRuns: 300 },
    );
  });

  it('of megabytes and thousands of brackets is found', () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    expect(memberText(`{"value":${deep}}`, 'value')).to.equal(deep);
  });
});
