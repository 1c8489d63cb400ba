/** Whether node-rdkafka, which is compiled where g++ is, can be used by this version of Node. */

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** `folder` is that of the package. An addon is for one binary interface of Node, which node-gyp notes beside it. */
export function isCompiled(folder) {
  const build = path.join(folder, 'build');
  const notes = path.join(build, 'config.gypi');
  if (!existsSync(path.join(build, 'Release', 'node-librdkafka.node')) || !existsSync(notes)) return false;
  const [, version] = /"node_module_version": "?(\d+)/.exec(readFileSync(notes, 'utf8')) ?? [];
  return version === process.versions.modules;
}
