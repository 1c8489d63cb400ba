/**
 * A process with a spool of its own, for tests that kill it: locks the directory, then appends batches without end, waits for
 * each to be on disk, says so on stdout, and settles what is old. `spool-owner.ts DIRECTORY [lock]`
 */

import fs from 'node:fs';
import { lockSpool } from '../../src/spool/lock.ts';
import { append, openSpool } from './spool-rig.ts';

const KEPT = 500;

const [directory = '', only] = process.argv.slice(2);
const say = (line: string) => fs.writeSync(1, `${line}\n`);

lockSpool(directory);
say('locked');
if (only === 'lock') setInterval(() => {}, 1000);
else await write();

async function write(): Promise<void> {
  const { spool } = await openSpool(directory, { segmentBytes: 64 * 1024, onLoss: (loss) => say(`loss ${loss.kind}`) });
  for (let count = 1; ; count = (count % 60) + 1) {
    const first = spool.next;
    append(spool, first, count);
    if (count % 3 === 0) await spool.synced();
    if (count % 3 === 0) say(`confirmed ${spool.next}`);
    if (first < KEPT) continue;
    // Said first: that it has settled must be known from the moment on in which it may have.
    say(`settling ${first - KEPT}`);
    spool.settle(0, first - KEPT);
  }
}
