/** What tools for package authors say of the tarball, and what compilers say of its types. */

import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { REPOSITORY } from '../support/repository.ts';
import { npmProject, succeeds } from './project.ts';
import { tarball, tool } from './set-up.ts';

const COMPILERS = { 'TypeScript 5.4': 'typescript54', 'TypeScript 5.9': 'typescript59' };

const RESOLUTIONS = {
  node16: { module: 'node16', moduleResolution: 'node16' },
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
};

describe('the tarball', () => {
  it('has no problem that publint knows', () => succeeds('.', [tool('.bin/publint'), 'run', tarball(), '--strict']));

  // The package is an ES module, which require() loads; types for CommonJS under node16 would be a second set of the same.
  it('has no problem of types that @arethetypeswrong/cli knows', () =>
    succeeds('.', [tool('.bin/attw'), tarball(), '--profile', 'esm-only']));
});

describe('the types of the packed package, libraries included', () => {
  let project: string;
  before(async () => {
    project = await npmProject({ '@types/node': '20' });
    for (const name of ['first-steps.ts', 'custom-producer.ts'])
      await cp(join(REPOSITORY, 'test/fixtures/packed', name), join(project, name));
  });

  for (const [compiler, name] of Object.entries(COMPILERS))
    for (const [resolution, options] of Object.entries(RESOLUTIONS))
      it(`compile by ${compiler} under ${resolution}`, async () => {
        const compilerOptions = {
          strict: true,
          noEmit: true,
          target: 'es2022',
          skipLibCheck: false,
          types: ['node'],
          ...options,
        };
        const files = ['first-steps.ts', 'custom-producer.ts'];
        await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
        await succeeds(project, ['node', tool(name, 'bin/tsc'), '-p', '.']);
      });
});
