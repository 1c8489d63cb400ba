/** Finds a librdkafka that outspool can use without a platform package. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './lock.mjs';

const NAME = process.platform === 'darwin' ? 'librdkafka.1.dylib' : 'librdkafka.so.1';

/** Fails where there is no such library, or one that is older than outspool accepts (OLDEST_VERSION in load.ts). */
const ASK = `
  const version = require('koffi').load(${JSON.stringify(NAME)}).func('int rd_kafka_version()');
  if (version() < 0x020000ff) throw new Error('too old');
`;

/** Returns a name for the library; undefined where there is none. */
export function otherLibrary() {
  if (existsSync(path.join(ROOT, 'node_modules/node-rdkafka/build/deps', NAME)))
    return 'the one that node-rdkafka has compiled';
  return spawnSync(process.execPath, ['--eval', ASK], { cwd: ROOT }).status === 0 ? "the system's library" : undefined;
}
