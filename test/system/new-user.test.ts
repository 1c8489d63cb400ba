/** What the README and docs/kinds/custom.md tell somebody who writes a kind of their own, done to the letter with the packed package. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { PackedProject } from '../support/packed-project.ts';

const MOCHA = fileURLToPath(new URL('../../node_modules/mocha/bin/mocha.js', import.meta.url));

/** The code under a mark of a page. */
function marked(page: string, name: string): string {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
  const [, code] = text.split(`<!-- example: ${name} -->\n\`\`\`js\n`);
  if (code === undefined) throw new Error(`${page} has no example ${name}`);
  return code.split('```\n', 1)[0] as string;
}

describe('a kind of your own, as the README has it', function () {
  this.timeout(300_000);
  let project: PackedProject;
  before(async () => {
    project = await PackedProject.create();
  });
  after(() => project?.remove());

  it('has no more than twenty lines of code', () => {
    const lines = marked('README.md', 'custom-producer.mjs').split('\n');
    expect(lines.filter((line) => line.trim() !== '').length).to.be.at.most(20);
  });

  it('passes the whole contract, by the test that docs/kinds/custom.md shows', async () => {
    const test = 'custom-producer.contract.mjs';
    await project.write('custom-producer.mjs', marked('README.md', 'custom-producer.mjs'));
    await project.write(test, marked('docs/kinds/custom.md', test));
    const args = ['--timeout', '120000', '--exit', test];
    const { code, stdout } = await project.node(MOCHA, { args, killAfterMs: 280_000 });
    expect(stdout).not.to.match(/^ +\d+ (?:failing|pending)/m);
    expect(stdout)
      .to.match(/^ +\d+ passing/m)
      .and.to.match(/^my webhook .* (\d+) of \1/m);
    expect(code).to.equal(0);
  });
});
