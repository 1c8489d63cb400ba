/** Test runners that load modules in their own way. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { nodeOf, npmProject, succeeds } from './project.ts';

describe('the packed package in a test of', () => {
  it('vitest', async () => {
    const project = await npmProject({ vitest: '5.1.2' });
    const command: [string, ...string[]] = [
      nodeOf('22'),
      'node_modules/vitest/vitest.mjs',
      'run',
      '--globals',
      'deliver.test.mjs',
    ];
    const { output } = await succeeds(project, command);
    expect(output).to.match(/Tests +1 passed/);
  });

  it('Jest, with ES modules', async () => {
    const project = await npmProject({ jest: '30.5.2' });
    await writeFile(join(project, 'jest.config.json'), '{ "testMatch": ["**/*.test.mjs"], "transform": {} }');
    const { output } = await succeeds(project, ['node', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js']);
    expect(output).to.match(/Tests: +1 passed, 1 total/);
  });
});
