/**
 * Installs and compiles node-rdkafka for the project's own tests and benchmarks.
 *
 *     --types      only its files, without compiling
 *     --required   fails where it cannot be compiled
 */

import { spawnSync } from 'node:child_process';
import { installApart, npmIn } from './apart.mjs';
import { isCompiled } from './compiled-addon.mjs';

const FOLDER = 'node-rdkafka';
const COMPILER = ['g++', 'make', 'python3'];

const flags = process.argv.slice(2);
try {
  const installed = installApart(FOLDER, 'node-rdkafka');
  if (!flags.includes('--types') && !isCompiled(installed)) compile();
} catch (error) {
  console.error(`node-rdkafka cannot be used: ${error.message}`);
  if (flags.includes('--required')) process.exitCode = 1;
}

function compile() {
  const missing = COMPILER.filter((tool) => spawnSync(tool, ['--version']).error !== undefined);
  if (missing.length > 0) throw new Error(`it is not compiled, for which ${missing.join(', ')} must be there`);
  console.error('compiling node-rdkafka for its own tests, once: about 90 s');
  npmIn(FOLDER, ['rebuild', 'node-rdkafka'], { JOBS: '1' }); // its makefile does not build in parallel
}
