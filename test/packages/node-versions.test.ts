/** Each version of Node that is supported, by `import` and by `require()`, with one installation for all. */

import { before, describe, it } from 'mocha';
import { DELIVERED, delivers, nodeOf, npmProject } from './project.ts';

describe('the packed package in a process of Node', () => {
  let project: string;
  before(async () => {
    project = await npmProject();
  });

  for (const version of ['20', '22', '24', '26']) {
    it(`${version}, by import`, () => delivers(project, [nodeOf(version), 'main.mjs']));
    it(`${version}, by require()`, () => delivers(project, [nodeOf(version), 'main.cjs']));
  }

  it('in a worker thread of the application', () => delivers(project, ['node', 'thread.mjs']));

  it('in a cluster of two processes', () => delivers(project, ['node', 'cluster.mjs'], DELIVERED.repeat(2)));

  it('under a process manager that forks it and stops it by SIGINT', () =>
    delivers(project, ['node', 'managed.mjs'], `${DELIVERED.trim()} 1\nended with 0\n`));
});
