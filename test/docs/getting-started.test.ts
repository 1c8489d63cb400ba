/** docs/getting-started.md says what is so: its route with a fallback does what the page promises. */

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { ProducerRuntime } from '../../src/runtime.ts';
import { quiet } from '../support/quiet.ts';
import { HANG_MS } from '../support/until.ts';
import { yamlFile } from '../unit/config/helpers.ts';

const page = readFileSync(new URL('../../docs/getting-started.md', import.meta.url), 'utf8');

describe('docs/getting-started.md', () => {
  it('has a message of its route in the file of the fallback, and the other one undelivered', async () => {
    const [, routes = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    const file = await yamlFile(routes);
    const runtime = await ProducerRuntime.fromFile(file, { logger: quiet });
    for (const total of [1, 2]) runtime.produce({ topic: 'orders', value: { total } });
    await runtime.producer('rescue').flush(HANG_MS);
    const outcomes = await runtime.shutdown(1000);
    expect(outcomes.events).to.include({ delivered: 0, undelivered: 1 });
    expect(outcomes.rescue).to.include({ delivered: 1, undelivered: 0 });
    const line = JSON.parse(readFileSync(join(dirname(file), 'rescue.ndjson'), 'utf8'));
    expect(line).to.deep.include({ topic: 'orders', value: { total: 2 } });
  });
});
