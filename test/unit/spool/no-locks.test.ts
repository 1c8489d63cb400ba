import fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { SpoolError } from '../../../src/shared/errors.ts';
import { SpoolView } from '../../../src/spool/recovery/spool-view.ts';
import { append, openSpool } from '../../support/spool-rig.ts';
import { temporaryDirectories } from '../../support/temporary.ts';

describe('a spool that the system keeps from its reader', () => {
  const directory = temporaryDirectories();

  async function filled(): Promise<string> {
    const path = join(directory(), 's');
    const { spool } = await openSpool(path, { segmentBytes: 2400 });
    for (let first = 0; first < 40; first += 5) append(spool, first, 5);
    await spool.close();
    return path;
  }

  it('names the file that cannot be read', async () => {
    const path = await filled();
    const names = fs.readdirSync(path).filter((name) => name.endsWith('.segment'));
    const segment = join(path, names[1] as string);
    fs.rmSync(segment);
    fs.symlinkSync(names[1] as string, segment); // round in a circle: also root cannot open it
    expect(() => SpoolView.open(path))
      .to.throw(SpoolError)
      .with.property('message')
      .that.includes(`${segment}: cannot read it: `);
  });
});
