import { expect } from 'chai';
import type { Runner } from '../../../../src/testing/contract/subject.ts';
import { ContractReport, type Features, producerContract } from '../../../../src/testing/contract.ts';

const FEATURES = {
  ordered: true,
  persistent: false,
  headers: { text: true, binary: 'refused', empty: true, null: 'empty', repeated: true },
  keys: true,
  tombstones: 'refused',
  batches: false,
  exactlyOnce: false,
};

/** Registers nothing with mocha. */
const register = (features: unknown) => () =>
  producerContract('mine', () => Promise.reject(new Error('no subject')), {
    features: features as Features,
    runner: { describe: (_title, body) => body(), it: () => {} },
    report: new ContractReport(),
  });

const { keys: _keys, ...keyless } = FEATURES;

describe('the features that a contract is given', () => {
  it('are registered where all of them are known', () => {
    for (const headers of [true, false, 'refused', FEATURES.headers])
      for (const keys of [true, false, { text: true, binary: 'refused' }])
        expect(register({ ...FEATURES, headers, keys })).not.to.throw();
  });

  for (const [name, features, problem] of [
    ['a value', { ...FEATURES, tombstones: 'maybe' }, "tombstones must be true or false or 'refused', not 'maybe'"],
    ['a value of another feature', { ...FEATURES, batches: 'refused' }, "batches must be true or false, not 'refused'"],
    [
      'an undefined value',
      { ...FEATURES, ordered: undefined },
      'features.ordered must be true or false, not undefined',
    ],
    ['a name', { ...FEATURES, headrs: true }, "features has an unknown key 'headrs' (did you mean 'headers'?)"],
    ['a gap', keyless, 'features.keys is missing'],
    ['a null', { ...FEATURES, keys: null }, 'keys must be true or false or an object with text, binary, not null'],
    ['a shape', { ...FEATURES, keys: { text: true, binry: true } }, "unknown key 'binry' (did you mean 'binary'?)"],
    ['a shape that is missing', { ...FEATURES, keys: { text: true } }, 'features.keys.binary is missing'],
    ['a value of a shape', { ...FEATURES, keys: { text: true, binary: 'empty' } }, 'features.keys.binary must be'],
    ['no object', null, 'features must be an object with ordered, persistent'],
  ] as const)
    it(`are refused for ${name} that is wrong`, () => {
      expect(register(features)).to.throw(TypeError, problem);
    });

  it('are refused with all that is wrong at once', () => {
    expect(register({ ...keyless, headrs: true, tombstones: 1 })).to.throw(
      TypeError,
      /headrs.*keys is missing.*not 1$/,
    );
  });
});

describe('a contract without a test runner', () => {
  it('is refused with what it needs', () => {
    const plain = { runner: {} as Runner, report: new ContractReport() };
    expect(() => producerContract('mine', () => Promise.reject(new Error('no subject')), plain)).to.throw(
      TypeError,
      "producerContract needs 'describe' and 'it': run it with mocha, or give those of another runner as 'runner'",
    );
  });
});
