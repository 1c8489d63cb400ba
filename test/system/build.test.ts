/** The build of a checkout in which not everything could be installed. */

import { execFile } from 'node:child_process';
import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { temporaryDirectories } from '../support/temporary.ts';

const ROOT = join(import.meta.dirname, '../../..');

describe('a build without a compiler for node-rdkafka', function () {
  this.timeout(120_000);
  const directory = temporaryDirectories();

  it('has no need of the package, nor of its types', async () => {
    const folder = directory();
    for (const part of ['src', 'package.json']) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const project = {
      extends: join(ROOT, 'tsconfig.build.json'),
      include: ['src'],
      // A module for which a path is named here is not looked for in node_modules.
      compilerOptions: { rootDir: 'src', outDir: 'dist', incremental: false, paths: { 'node-rdkafka': ['./missing'] } },
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project));
    const tsc = promisify(execFile)(join(folder, 'node_modules/.bin/tsc'), ['-p', folder], { cwd: folder });
    expect(
      await tsc.then(
        () => '',
        (error) => error.stdout,
      ),
    ).to.equal('');
  });
});
