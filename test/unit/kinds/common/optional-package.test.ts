import { expect } from 'chai';
import { inspectPackage, loadPackage, requirePackage } from '../../../../src/kinds/common/optional-package.ts';
import { ConfigError, OutspoolError } from '../../../../src/shared/errors.ts';

const ABSENT = 'outspool-absent-package';
const ADVICE = `type: http needs the package '${ABSENT}': npm install ${ABSENT}`;

describe('a package that a kind needs', () => {
  it('is asked for in one line where it is not installed, when the file is loaded and when it is used', async () => {
    expect(inspectPackage('http', 'undici')).to.deep.equal([]);
    expect(inspectPackage('http', ABSENT)).to.deep.equal([{ path: ['type'], about: 'value', message: ADVICE }]);
    const error = await loadPackage('http', ABSENT, () => import(ABSENT)).catch((reason) => reason);
    expect(error).to.be.instanceOf(ConfigError).and.include({ message: ADVICE });
  });

  it('is not taken for missing where something else is wrong with it', async () => {
    const broken = () => import('../../fixtures/does-not-exist.ts' as string);
    const error = await loadPackage('http', ABSENT, broken).catch((reason) => reason);
    expect(error).to.be.instanceOf(Error).and.not.instanceOf(ConfigError);
    const own = new Error('of its own');
    expect(await loadPackage('http', ABSENT, () => Promise.reject(own)).catch((reason) => reason)).to.equal(own);
  });

  const REFUSED: Readonly<Record<string, { cause: Error; message: string }>> = {
    'is not installed': {
      cause: Object.assign(new Error(`Cannot find module '${ABSENT}'\nRequire stack:`), { code: 'MODULE_NOT_FOUND' }),
      message: `the driver needs the package '${ABSENT}', which is not installed here: npm install ${ABSENT}`,
    },
    'was never built': {
      cause: Object.assign(new Error('Could not locate the bindings file. Tried:'), { tries: ['build/a.node'] }),
      message: `the driver needs the package '${ABSENT}', which is not installed here: npm install ${ABSENT}`,
    },
    'is built for another version of Node': {
      cause: Object.assign(new Error("The module 'a.node'\nwas compiled using\nNODE_MODULE_VERSION 1. This needs"), {
        code: 'ERR_DLOPEN_FAILED',
      }),
      message: `the package '${ABSENT}' is compiled for another version of Node than ${process.version}: npm rebuild ${ABSENT}`,
    },
  };
  for (const [state, { cause, message }] of Object.entries(REFUSED))
    it(`is refused for good where it ${state}`, () => {
      expect(() => requirePackage('the driver', ABSENT, () => fail(cause))).to.throw(ConfigError, message);
    });

  it('may load later where a file or memory was missing', () => {
    const cause = Object.assign(new Error('libz.so.1: cannot open shared object file'), { code: 'ERR_DLOPEN_FAILED' });
    const load = () => requirePackage('the driver', ABSENT, () => fail(cause));
    expect(load).to.throw(OutspoolError, `the package '${ABSENT}' does not load: ${cause.message}`);
    expect(load).to.not.throw(ConfigError);
  });
});

function fail(error: Error): never {
  throw error;
}
