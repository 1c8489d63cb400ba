import { expect } from 'chai';
import { inspectPackage, loadPackage } from '../../../../src/kinds/common/optional-package.ts';
import { ConfigError } from '../../../../src/shared/errors.ts';

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
});
