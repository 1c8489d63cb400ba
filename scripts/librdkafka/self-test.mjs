/** Loads a library by outspool's own code, whose self-test sends messages through it. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ROOT, UserError } from './lock.mjs';

const LOAD = path.join(ROOT, 'dist/kinds/kafka/librdkafka/native/load.js');

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
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  if (status === 0) return stdout.trim();
  const [line] = stderr.match(/^\w*Error: .*$/m) ?? [stderr.trim()];
  throw new UserError(`${path.basename(library)} does not pass the self-test: ${line}`);
}
