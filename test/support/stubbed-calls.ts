/** Stubs calls of `node:fs/promises` for those who import them by name. */

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import sinon from 'sinon';

/** The calls of `stat` with this path are refused with the code, `times` of them. Call `restore` in the end. */
export function refuseStat(path: string, code: string, times = 1): { restore(): void } {
  const stat = fs.promises.stat.bind(fs.promises);
  let left = times;
  const stub = sinon.stub(fs.promises, 'stat').callsFake((async (asked: string, ...rest: []) => {
    if (asked === path && left-- > 0) throw Object.assign(new Error(`${code}: stat`), { code });
    return stat(asked, ...rest);
  }) as typeof fs.promises.stat);
  syncBuiltinESMExports();
  return {
    restore: () => {
      stub.restore();
      syncBuiltinESMExports();
    },
  };
}
