import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { type Deferred, deferred } from '../../../src/shared/util/deferred.ts';
import { GroupSync } from '../../../src/spool/group-sync.ts';

describe('group sync', () => {
  /** Syncs that the test ends. */
  function scripted(intervalMs = 0) {
    const begun: Deferred<void>[] = [];
    const group = new GroupSync(intervalMs, () => {
      begun.push(deferred());
      return (begun.at(-1) as Deferred<void>).promise;
    });
    return { group, begun };
  }

  const turns = async () => {
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
  };

  const state = (promise: Promise<void>): Promise<string> =>
    Promise.race([promise.then(() => 'synced', String), turns().then(() => 'waiting')]);

  it('resolves at once when nothing was written', async () => {
    const { group } = scripted();
    expect(await state(group.synced())).to.equal('synced');
  });

  it('serves all who wrote in one turn by one sync', async () => {
    const { group, begun } = scripted();
    const waits = [1, 2, 3].map(() => {
      group.touch();
      return group.synced();
    });
    await turns();
    expect(begun).to.have.lengthOf(1);
    begun[0]?.resolve();
    await Promise.all(waits);
  });

  it('what is written while a sync runs waits for the next one', async () => {
    const { group, begun } = scripted();
    group.touch();
    await turns();
    const covered = group.synced();
    group.touch();
    const late = group.synced();
    expect(await state(covered)).to.equal('waiting');
    begun[0]?.resolve();
    expect(await state(covered)).to.equal('synced');
    expect(await state(late)).to.equal('waiting');
    expect(begun).to.have.lengthOf(2);
    begun[1]?.resolve();
    expect(await state(late)).to.equal('synced');
  });

  it('tells a failure to those who wait for it, and to who asks later, until a sync has passed', async () => {
    const { group, begun } = scripted();
    group.touch();
    await turns();
    const wait = group.synced();
    expect(await state(wait)).to.equal('waiting');
    begun[0]?.reject(new Error('EIO'));
    expect(await state(wait)).to.equal('Error: EIO');
    expect(await state(group.synced())).to.equal('Error: EIO');
    group.touch();
    const next = group.synced();
    await turns();
    begun[1]?.resolve();
    expect(await state(next)).to.equal('synced');
    expect(await state(group.synced())).to.equal('synced');
  });

  it('does not keep those waiting who wait: the interval is for what nobody waits for', async () => {
    const { group, begun } = scripted(60_000);
    group.touch();
    await turns();
    begun[0]?.resolve();
    await turns();
    group.touch();
    await turns();
    expect(begun).to.have.lengthOf(1);
    const wait = group.synced();
    await turns();
    expect(begun).to.have.lengthOf(2);
    begun[1]?.resolve();
    expect(await state(wait)).to.equal('synced');
  });

  it('begins at most once in the interval, and ends without waiting for it', async () => {
    const { group, begun } = scripted(60_000);
    group.touch();
    await turns();
    begun[0]?.resolve();
    await turns();
    group.touch();
    await sleep(20);
    expect(begun).to.have.lengthOf(1);
    const finished = group.finish();
    await turns();
    expect(begun).to.have.lengthOf(2);
    begun[1]?.resolve();
    await finished;
  });
});
