/** The end of a worker that gets so little of a busy core that it still loads. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import sinon from 'sinon';
import { WorkerHandle } from '../../src/caller/link/thread-host.ts';
import { AttemptMark } from '../../src/shared/attempt-mark.ts';
import { SlowlyLoadedProducer } from '../fixtures/producers/slowly-loaded-producer.ts';
import { temporaryDirectories } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const SETTINGS = { maxRetries: 0, maxResets: 0, backoffMs: 0, connectTimeoutMs: 60_000, attemptTimeoutMs: 60_000 };
const MINUTE_MS = 60_000;

describe('a worker that loads slowly', () => {
  const directory = temporaryDirectories();
  afterEach(() => {
    delete process.env.OUTSPOOL_TEST_LOADED;
  });

  /** Ends it while its module loads, and lets the time pass that this seems to take. Returns how far it has come. */
  async function endedAfter(ms: number): Promise<string> {
    const file = join(directory(), 'loaded');
    process.env.OUTSPOOL_TEST_LOADED = file;
    const { module, name: className } = SlowlyLoadedProducer;
    const handle = new WorkerHandle(
      {
        source: { module, className, config: { type: 'custom', name: 'slow' } },
        run: 'run',
        settings: { ...SETTINGS, topic: '', errorTopic: '' },
        attempt: new AttemptMark().shared,
        ledger: new SharedArrayBuffer(8),
      },
      { message: () => {}, exit: () => {} },
    );
    const said = () => (existsSync(file) ? readFileSync(file, 'utf8') : '');
    await until(() => said() === 'begun');
    const clock = sinon.useFakeTimers({ now: performance.now(), toFake: ['performance'] });
    try {
      const ended = handle.terminate();
      clock.tick(ms);
      await ended;
    } finally {
      clock.restore();
    }
    return said();
  }

  it('is ended when it has loaded: its modules would stay open', async () => {
    expect(await endedAfter(5 * MINUTE_MS)).to.equal('loaded');
  });

  it('is ended after ten minutes all the same', async () => {
    expect(await endedAfter(11 * MINUTE_MS)).to.equal('begun');
  });
});
