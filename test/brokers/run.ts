/** `npm run test:brokers [-- mocha's arguments]`: the tests in this folder, with brokers that are up while they run. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { REPOSITORY } from '../support/repository.ts';
import { BrokersError } from './java.ts';
import { HERE, SHAPES, type Shape } from './places.ts';
import { down, up } from './up-down.ts';

const MOCHA = ['node_modules/mocha/bin/mocha.js', '--config', join(HERE, '.mocharc.json')];

const started: Shape[] = [];

try {
  for (const shape of SHAPES) if ((await up(shape)) === 'started') started.push(shape);
  process.exitCode = await mocha(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BrokersError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
} finally {
  for (const shape of started) await down(shape);
}

function mocha(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [...MOCHA, ...args], { cwd: REPOSITORY, stdio: 'inherit' });
  // Ctrl-C reaches mocha as well; we stay to stop what we started.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => child.kill(name));
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve(code ?? 1));
  });
}
