import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { LEAVE_OUT } from '../../../../src/shared/modules/not-bundled.ts';

const sourceOf = (module: string) => readFileSync(new URL(`../../../../src/${module}`, import.meta.url), 'utf8');

/** What esbuild and others make of a module for a bundle in CommonJS. */
const inCommonJs = (source: string) =>
  import(`data:text/javascript,${encodeURIComponent(source.replaceAll('import.meta', '({})'))}`);

describe('a bundle that has taken the package in', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bundled-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is told so when it begins', async () => {
    const error = await inCommonJs(sourceOf('shared/modules/not-bundled.js')).catch((thrown) => thrown);
    expect(error.message).to.equal(`outspool cannot run from within a bundle: ${LEAVE_OUT}`);
  });

  it('is told so when it begins, in ES modules too, which have a location: that of the bundle', async () => {
    const source = sourceOf('shared/modules/not-bundled.js');
    const load = async (path: string) => {
      const file = join(folder, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, source);
      return import(`${pathToFileURL(file).href}?again`).then(
        () => 'loaded',
        ({ message }: Error) => message,
      );
    };
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    expect(await load('app.js')).to.equal(`outspool cannot run from within a bundle: ${LEAVE_OUT}`);
    expect(await load('node_modules/outspool/dist/shared/modules/not-bundled.js')).to.equal('loaded');
  });

  for (const entry of ['index.js', 'testing/index.js'])
    it(`is told so before anything else fails: ${entry}`, () => {
      expect(/^(?:import|export) .*$/m.exec(sourceOf(entry))?.[0]).to.contain('not-bundled.js');
    });
});
