import { expect } from 'chai';
import { asError, ConfigError, SpoolError, SpoolWriteError } from '../../../../src/shared/errors.ts';
import { isPassing } from '../../../../src/shared/util/passing-errors.ts';
import { fromWire, toWire } from '../../../../src/shared/wire-error.ts';

const system = (code: string, message = code) => Object.assign(new Error(message), { code });

describe('errors of the system that pass', () => {
  for (const code of [
    'EMFILE',
    'ENFILE',
    'EIO',
    'ENOMEM',
    'EAGAIN',
    'ESTALE',
    'ENOSPC',
    'EDQUOT',
    'ERR_WORKER_INIT_FAILED',
  ])
    it(`${code}: by itself, as a cause, and from another thread`, () => {
      const error = system(code);
      for (const passing of [error, new SpoolError('x', { cause: error }), new ConfigError('x', { cause: error })]) {
        expect(isPassing(passing)).to.equal(true);
        expect(isPassing(fromWire(toWire(passing)))).to.equal(true);
      }
      expect(isPassing(fromWire(toWire(new SpoolWriteError('x', code, { cause: error }))))).to.equal(true);
    });

  for (const error of [
    system('EACCES'),
    system('EROFS'),
    system('ENOENT'),
    new ConfigError('EMFILE'),
    new Error(),
    'EIO',
    null,
  ])
    it(`not ${error}`, () => expect(isPassing(error)).to.equal(false));

  it('a library that the loader could not open, by the loader’s words', () => {
    const dlopen = (why: string) => system('ERR_DLOPEN_FAILED', `x.node: cannot open shared object file: ${why}`);
    expect(isPassing(dlopen('Too many open files'))).to.equal(true);
    expect(isPassing(dlopen('No such file or directory'))).to.equal(false);
  });

  it('ends with a cause that is its own ancestor', () => {
    const error = new Error('round');
    error.cause = error;
    expect(isPassing(error)).to.equal(false);
  });
});

describe('what was thrown, as an error', () => {
  class Hostile extends Error {
    override get message(): string {
      throw new Error('not even its text');
    }
  }
  const hostile = [
    new Hostile(),
    Object.assign(new Error(), { message: 1 }),
    Object.create(null),
    new Proxy(
      {},
      {
        getPrototypeOf: () => {
          throw new Error('no');
        },
      },
    ),
  ];

  for (const [index, thrown] of hostile.entries())
    it(`has texts that can be read (${index})`, () => {
      const { name, message } = asError(thrown);
      expect([typeof name, typeof message]).to.deep.equal(['string', 'string']);
    });

  it('is the error itself where that has them', () => {
    const error = new ConfigError('x');
    expect(asError(error)).to.equal(error);
  });
});
