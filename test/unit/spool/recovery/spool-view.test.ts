import fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { lockSpool, ownerOf } from '../../../../src/spool/lock.ts';
import { SpoolView } from '../../../../src/spool/recovery/spool-view.ts';
import { append, openSpool } from '../../../support/spool-rig.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';
import { until } from '../../../support/until.ts';

describe('a look at a spool', () => {
  const directory = temporaryDirectories();

  /** Four segments and one that is written, with an owner. */
  async function owned() {
    const path = directory();
    const lock = lockSpool(path);
    const { spool } = await openSpool(path, { segmentBytes: 1200 });
    for (let first = 0; first < 40; first += 5) append(spool, first, 5);
    await spool.synced();
    const end = async () => {
      await spool.close();
      lock.release();
    };
    return { path, spool, end };
  }

  const segments = (path: string) =>
    fs
      .readdirSync(path)
      .filter((name) => name.endsWith('.segment'))
      .sort();

  it('takes nothing for lost that its owner settles and deletes meanwhile', async () => {
    const { path, spool, end } = await owned();
    const view = SpoolView.open(path);
    expect([view.pending, view.owner?.includes(`process ${process.pid}`)]).to.deep.equal([40, true]);
    const before = segments(path);
    spool.settle(0, 19);
    await spool.synced();
    await until(() => segments(path).length < before.length);
    view.verify();
    expect(await view.losses()).to.deep.equal([]);
    await end();
  });

  it('takes for lost what is gone without having settled', async () => {
    const { path, end } = await owned();
    const view = SpoolView.open(path);
    const [, second = '', third = ''] = segments(path);
    fs.rmSync(join(path, second));
    view.verify();
    const losses = await view.losses();
    expect(losses.map(({ first, last }) => [first, last])).to.deep.equal([
      [Number(second.slice(0, 16)), Number(third.slice(0, 16)) - 1],
    ]);
    await end();
  });

  it('says who has it, and nobody when that one has ended; and leaves the lock to whoever wants it', async () => {
    const path = directory();
    expect(ownerOf(path)).to.equal(undefined);
    const lock = lockSpool(path);
    expect(ownerOf(path)).to.include(`process ${process.pid} on `);
    lock.release();
    expect(ownerOf(path)).to.equal(undefined);
    lockSpool(path).release();
  });

  it('reports a damaged head or table, though it costs nothing', async () => {
    const { path, end } = await owned();
    await end();
    const file = join(path, segments(path)[0] as string);
    const whole = fs.readFileSync(file);
    for (const [at, what] of [
      [10, 'its header is damaged'],
      [64 + 10, 'the head of the batch from message 0 on is damaged'],
      [64 + 32, 'the table of the batch from message 0 on is damaged'],
    ] as const) {
      const bytes = Buffer.from(whole);
      bytes[at] = ~(bytes[at] as number);
      fs.writeFileSync(file, bytes);
      const view = SpoolView.open(path);
      view.verify();
      const losses = await view.losses();
      expect(losses.map((loss) => [loss.what, loss.count])).to.deep.equal([[what, 0]]);
    }
  });

  it('reads what is pending, and leaves the directory as it is', async () => {
    const { path, end } = await owned();
    await end();
    const before = fs.readdirSync(path).map((name) => [name, fs.readFileSync(join(path, name)).toString('hex')]);
    const view = SpoolView.open(path);
    expect(view.read(7, { maxBytes: 1 })?.first).to.equal(7);
    expect([...view.pendingRuns()].map(([first]) => first)[0]).to.equal(0);
    view.close();
    expect(view.verify()).to.equal(40);
    const after = fs.readdirSync(path).map((name) => [name, fs.readFileSync(join(path, name)).toString('hex')]);
    expect(after).to.deep.equal(before);
  });
});
