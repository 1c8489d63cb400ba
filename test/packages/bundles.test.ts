/** esbuild: with our packages left out the bundle delivers; with them taken in it says what to leave out. */

import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { delivers, npmProject, succeeds } from './project.ts';
import { run } from './run.ts';
import { tool } from './set-up.ts';

/** Packages that are loaded only where they are needed, and need not be installed. */
const OPTIONAL = ['koffi', 'node-rdkafka', 'amqplib', 'undici', 'prom-client'];

describe('the packed package and esbuild', () => {
  let project: string;
  before(async () => {
    project = await npmProject();
  });

  const bundle = (format: string, ...flags: string[]) =>
    succeeds(project, [
      tool('esbuild/bin/esbuild'),
      'bundled.mjs',
      '--bundle',
      '--platform=node',
      `--format=${format}`,
      `--outfile=bundle.${format === 'esm' ? 'mjs' : 'cjs'}`,
      ...OPTIONAL.map((name) => `--external:${name}`),
      ...flags,
    ]);

  it('an ES module with outspool left out delivers', async () => {
    await bundle('esm', '--external:outspool');
    await delivers(project, ['node', 'bundle.mjs']);
  });

  it('CommonJS with outspool left out delivers', async () => {
    await bundle('cjs', '--external:outspool');
    await delivers(project, ['node', 'bundle.cjs']);
  });

  it('an ES module with outspool taken in says what to leave out', async () => {
    await bundle(
      'esm',
      '--banner:js=import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    );
    const { code, output } = await run(project, ['node', 'bundle.mjs']);
    expect(code, output).to.equal(1);
    expect(output).to.contain('a bundle must leave the package outspool out');
  });

  it('CommonJS with outspool taken in says what to leave out', async () => {
    await bundle('cjs');
    const { code, output } = await run(project, ['node', 'bundle.cjs']);
    expect(code, output).to.equal(1);
    expect(output).to.contain('a bundle must leave the package outspool out');
  });
});
