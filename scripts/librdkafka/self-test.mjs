/** Loads a library by outspool's own code, whose self-test sends messages through it. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ROOT, UserError } from './lock.mjs';

const LOAD = path.join(ROOT, 'dist/kinds/kafka/librdkafka/native/load.js');

const TIMEOUT_MS = 60_000;

const script = `
  const { loadNative } = await import(${JSON.stringify(LOAD)});
  console.log(loadNative().rdkafka.versionText());
  process.exit(0);
`;

/**
 * Returns the version that the library reports; undefined where outspool has not been built yet. It then tests the library when
 * it loads it. @throws UserError where the test fails
 */
export function selfTested(library) {
  if (!existsSync(LOAD)) return undefined;
  const env = { ...process.env, OUTSPOOL_LIBRDKAFKA: library };
  const args = ['--input-type=module', '--eval', script];
  const options = { env, encoding: 'utf8', timeout: TIMEOUT_MS, killSignal: 'SIGKILL' };
  const ended = spawnSync(process.execPath, args, options);
  if (ended.status === 0) return ended.stdout.trim();
  throw new UserError(`${path.basename(library)} does not pass the self-test: ${reasonOf(ended)}`);
}

function reasonOf({ signal, stderr, error }) {
  if (error?.code === 'ETIMEDOUT') return `it has no result after ${TIMEOUT_MS / 1000} s`;
  if (error) return error.message;
  const [line] = stderr.match(/^\w*Error: .*$/m) ?? [stderr.trim()];
  return [signal && `its process was ended by ${signal}`, line].filter(Boolean).join(': ') || 'it reports no error';
}
