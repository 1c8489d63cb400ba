/** A disk without space: every such call of a file handle fails as it does there. */

import { open } from 'node:fs/promises';
import { devNull } from 'node:os';
import sinon from 'sinon';

export async function fullDisk(call: 'write' | 'appendFile'): Promise<{ restore(): void }> {
  const handle = await open(devNull);
  const error = Object.assign(new Error(`ENOSPC: no space left on device, ${call}`), { code: 'ENOSPC' });
  const stub = sinon.stub(Object.getPrototypeOf(handle), call).rejects(error);
  await handle.close();
  return stub;
}
