import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { FlakyProducer } from '../fixtures/producers/flaky-producer.ts';
import { quiet } from '../support/quiet.ts';

describe('a custom producer, one message at a time', () => {
  it('sends nothing behind a message that failed until that has been delivered (I5)', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'outspool-order-')), 'calls');
    const config = { name: 'flaky', path, failures: 2, max_retries: 1, backoff_seconds: 0.05 };
    const producer = new FlakyProducer({ ...config, type: 'custom' }, { logger: quiet });
    for (const value of [1, 2, 3]) producer.produce({ value });
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    await producer.shutdown(5000);
    const calls = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(calls).to.deep.equal([
      'connect',
      'send 1',
      'send 1',
      'close',
      'connect',
      'send 1',
      'send 2',
      'send 3',
      'close',
    ]);
  });
});
