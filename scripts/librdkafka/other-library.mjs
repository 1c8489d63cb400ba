/** Finds a librdkafka that outspool can use without a platform package. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './lock.mjs';

const NAME = process.platform === 'darwin' ? 'librdkafka.1.dylib' : 'librdkafka.so.1';

/** Returns a name for the library; undefined where there is none. */
export function otherLibrary() {
  if (existsSync(path.join(ROOT, 'node_modules/node-rdkafka/build/deps', NAME)))
    return 'the one that node-rdkafka has compiled';
  const args = ['--eval', `require('koffi').load(${JSON.stringify(NAME)})`];
  return spawnSync(process.execPath, args, { cwd: ROOT }).status === 0 ? "the system's library" : undefined;
}
