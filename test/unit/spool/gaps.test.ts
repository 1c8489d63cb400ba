import fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { NumberRun } from '../../../src/shared/sequence-ranges.ts';
import { FILE_HEADER_BYTES, readSettlement, SETTLEMENT_BYTES } from '../../../src/spool/format.ts';
import { append, copySpool, newDirectory, openSpool, range, readAll, sequencesOf } from '../../support/spool-rig.ts';

describe('numbers that a spool leaves out', () => {
  const directories: string[] = [];
  const directory = () => {
    const made = newDirectory();
    directories.push(made);
    return made;
  };
  afterEach(() => {
    for (const made of directories.splice(0)) fs.rmSync(made, { recursive: true, force: true });
  });

  /** What a SIGKILL in this very turn leaves: nothing of it is in the settlement log. */
  function killed(from: string): string {
    const to = directory();
    copySpool(from, to);
    return to;
  }

  it('are no messages that were lost, although a crash came before the log said so', async () => {
    const first = directory();
    const { spool } = await openSpool(first);
    append(spool, 0, 10);
    const second = killed(first);
    await spool.close();

    const again = await openSpool(second);
    append(again.spool, 14, 5); // the numbers between were withdrawn before they came here
    const third = killed(second);
    await again.spool.close();

    const { spool: last, losses } = await openSpool(third);
    expect(sequencesOf(readAll(last))).to.deep.equal([...range(0, 9), ...range(14, 18)]);
    expect(losses).to.deep.equal([]);
    expect(last.pending).to.equal(15);
    await last.close();
  });

  it('are said to be unused when the crash came before their own segment ended', async () => {
    const first = directory();
    const { spool } = await openSpool(first);
    append(spool, 0, 10);
    await new Promise(setImmediate);
    append(spool, 14, 5);
    const second = killed(first);
    await spool.close();

    const unused: NumberRun[] = [];
    const onUnused = (run: NumberRun) => unused.push(run);
    const { spool: last, losses } = await openSpool(second, { onUnused });
    expect(last.pending, 'read at once: the log does not say so').to.equal(15);
    expect(sequencesOf(readAll(last))).to.deep.equal([...range(0, 9), ...range(14, 18)]);
    expect({ unused, losses }).to.deep.equal({ unused: [[10, 13]], losses: [] });
    expect(last.pending).to.equal(15);
    await last.close();
  });

  for (const damaged of [false, true])
    it(`are no loss when another crash comes before they are read (${damaged ? 'the log is damaged' : 'the log is whole'})`, async () => {
      const first = directory();
      const { spool } = await openSpool(first);
      append(spool, 0, 10);
      if (damaged) append(spool, 14, 5);
      await spool.synced(); // a damaged log alone does not know of what it had said
      if (!damaged) append(spool, 14, 5);
      const second = killed(first);
      await spool.close();
      if (damaged) spoilEntry(second, 10);

      const again = await openSpool(second);
      await again.spool.synced();
      append(again.spool, again.spool.next, 1);
      await again.spool.synced();
      const third = killed(second);
      await again.spool.close();

      const { spool: last, losses } = await openSpool(third);
      expect(sequencesOf(readAll(last))).to.deep.equal([...range(0, 9), ...range(14, 19)]);
      expect([...again.losses, ...losses].filter(({ kind }) => kind === 'lost')).to.deep.equal([]);
      await last.close();
    });
});

/** Damages what the log says of the run that begins with `first`. */
function spoilEntry(directory: string, first: number): void {
  const path = join(directory, 'settlements.log');
  const bytes = fs.readFileSync(path);
  for (let at = FILE_HEADER_BYTES; at + SETTLEMENT_BYTES <= bytes.length; at += SETTLEMENT_BYTES)
    if (readSettlement(bytes, at)?.first === first)
      bytes[at + SETTLEMENT_BYTES - 1] = ~(bytes[at + SETTLEMENT_BYTES - 1] ?? 0) & 0xff;
  fs.writeFileSync(path, bytes);
}
