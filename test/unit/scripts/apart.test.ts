/** The installation of a tool in a folder of its own, by an npm that the test writes. */

import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { scratchProject } from '../../support/scratch-project.ts';
import { temporaryDirectories } from '../../support/temporary.ts';

/** Installs a Biome that prints its arguments. */
const NPM = `#!/bin/sh
mkdir -p node_modules/@biomejs/biome/bin
echo 'console.error("biome", ...process.argv.slice(2))' > node_modules/@biomejs/biome/bin/biome
test -z "$FAILS" || exit 1
echo '{}' > node_modules/.package-lock.json
`;

describe('a tool that is installed apart', () => {
  const directory = temporaryDirectories();

  function project() {
    const [bin, root] = [directory(), directory()];
    writeFileSync(join(bin, 'npm'), NPM, { mode: 0o755 });
    const env = { PATH: `${bin}${delimiter}${process.env.PATH}` };
    const { run } = scratchProject(root, join(bin, 'npm'));
    return {
      root,
      biome: (more: Readonly<Record<string, string>> = {}) => run('biome.mjs', ['check'], { ...env, ...more }),
    };
  }

  it('is installed again where an installation was not finished', async () => {
    const { root, biome } = project();
    mkdirSync(join(root, 'npm/biome/node_modules/@biomejs'), { recursive: true });
    expect(await biome()).to.deep.equal({ code: 0, stderr: 'biome check\n' });
  });

  it('is installed again where npm has deleted it through the link', async () => {
    const { root, biome } = project();
    await biome();
    rmSync(join(root, 'npm/biome/node_modules/@biomejs/biome'), { recursive: true });
    expect(await biome()).to.deep.equal({ code: 0, stderr: 'biome check\n' });
  });

  it('is not there after a failed installation, and nothing is left of it', async () => {
    const { root, biome } = project();
    expect(await biome({ FAILS: '1' })).to.include({ code: 1 });
    expect(existsSync(join(root, 'npm/biome/node_modules'))).to.equal(false);
    expect(readdirSync(join(root, 'npm')).filter((name) => name.includes('biome'))).to.deep.equal(['biome']);
    expect(await biome()).to.deep.equal({ code: 0, stderr: 'biome check\n' });
  });

  it('is installed once', async () => {
    const { biome } = project();
    await biome();
    expect(await biome({ FAILS: '1' })).to.deep.equal({ code: 0, stderr: 'biome check\n' });
  });
});
