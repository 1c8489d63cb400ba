import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { LEAVE_OUT } from '../../../../src/shared/modules/not-bundled.ts';

const sourceOf = (module: string) => readFileSync(new URL(`../../../../src/${module}`, import.meta.url), 'utf8');

/** What esbuild and others make of a module for a bundle in CommonJS. */
const inCommonJs = (source: string) =>
  import(`data:text/javascript,${encodeURIComponent(source.replaceAll('import.meta', '({})'))}`);

describe('a bundle that has taken the package in', () => {
  it('is told so when it begins', async () => {
    const error = await inCommonJs(sourceOf('shared/modules/not-bundled.js')).catch((thrown) => thrown);
    expect(error.message).to.equal(`outspool cannot run from within a bundle: ${LEAVE_OUT}`);
  });

  for (const entry of ['index.js', 'testing/index.js'])
    it(`is told so before anything else fails: ${entry}`, () => {
      expect(/^(?:import|export) .*$/m.exec(sourceOf(entry))?.[0]).to.contain('not-bundled.js');
    });
});
