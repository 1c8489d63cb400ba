import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { AppendFile } from '../../../../src/kinds/file/append-file.ts';
import { FileProducer } from '../../../../src/kinds/file/file-producer.ts';
import { quiet } from '../../../support/quiet.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';

/** How many descriptors of this process are open on the file. */
function openOn(path: string): number {
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return targets.filter((target) => target === path).length;
}

describe('an append of an attempt that was given up', () => {
  const directory = temporaryDirectories();

  it('does not open the file again when it comes behind the end', async () => {
    if (!existsSync('/proc/self/fd')) return;
    const path = join(directory(), 'out.jsonl');
    const file = new AppendFile({ path, sync: 'never', sync_interval: '1s' } as never, quiet);
    await file.open();
    expect(openOn(path)).to.equal(1);
    const before = file.append(Buffer.from('1\n'));
    const closed = file.close();
    const behind = file.append(Buffer.from('2\n')).catch((error) => error);
    await Promise.all([before, closed]);
    expect(await behind).to.match(/has been closed/);
    expect(openOn(path)).to.equal(0);
  });

  it('is no file left open, where it was the connecting that came too late', async () => {
    if (!existsSync('/proc/self/fd')) return;
    const path = join(directory(), 'out.jsonl');
    const producer = new FileProducer({ type: 'file', name: 'late', path }, { logger: quiet });
    await producer._connect(AbortSignal.abort());
    expect([existsSync(path), openOn(path)]).to.deep.equal([true, 0]);
  });
});
