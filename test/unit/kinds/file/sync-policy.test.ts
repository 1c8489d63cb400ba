import { expect } from 'chai';
import sinon from 'sinon';
import { SyncPolicy } from '../../../../src/kinds/file/sync-policy.ts';

describe('when a file is synced', () => {
  let clock: sinon.SinonFakeTimers;
  let syncs: number;
  let failures: Error[];
  let fails: Error | undefined;

  beforeEach(() => {
    clock = sinon.useFakeTimers();
    syncs = 0;
    failures = [];
    fails = undefined;
  });
  afterEach(() => clock.restore());

  const policy = (sync: 'always' | 'interval' | 'never') =>
    new SyncPolicy(
      { sync, sync_interval: '500ms' },
      {
        sync: async () => {
          syncs++;
          if (fails) throw fails;
        },
        failed: (error) => failures.push(error),
      },
    );

  it('always: before what was written counts, and a failure keeps it from counting', async () => {
    const always = policy('always');
    await always.wrote();
    expect(syncs).to.equal(1);
    fails = new Error('EIO');
    expect(await always.wrote().catch((error) => error)).to.equal(fails);
  });

  it('interval: once for all that was written meanwhile, and not where nothing was', async () => {
    const interval = policy('interval');
    for (let write = 0; write < 5; write++) await interval.wrote();
    await clock.tickAsync(499);
    expect(syncs).to.equal(0);
    await clock.tickAsync(10_000);
    expect(syncs).to.equal(1);
    await interval.wrote();
    await clock.tickAsync(500);
    expect(syncs).to.equal(2);
  });

  it('interval: before the file is closed, once; what fails is said', async () => {
    const interval = policy('interval');
    await interval.wrote();
    fails = new Error('EIO');
    await interval.finish();
    await interval.finish();
    await clock.tickAsync(10_000);
    expect([syncs, failures]).to.deep.equal([1, [fails]]);
  });

  it('never: whenever the system likes', async () => {
    const never = policy('never');
    await never.wrote();
    await never.finish();
    await clock.tickAsync(10_000);
    expect(syncs).to.equal(0);
  });
});
