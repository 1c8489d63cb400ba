import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { RouteConfig } from '../../src/config/routes/schema.ts';
import { RouteTable } from '../../src/routing/route-table.ts';
import { loadConfig, ProducerRuntime } from '../../src/runtime.ts';
import { yamlFile } from '../unit/config/helpers.ts';

const document = readFileSync(new URL('../../docs/routes.md', import.meta.url), 'utf8');

describe('docs/routes.md', () => {
  it('shows a file that can be loaded, and messages that take its routes', async () => {
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(document) ?? [];
    const runtime = await ProducerRuntime.fromFile(await yamlFile(yaml));
    expect(Object.keys(runtime.stats().routes)).to.deep.equal(['errors', 'orders', 'route-3']);
    const { routes } = await loadConfig(await yamlFile(yaml));
    const table = new RouteTable(routes?.routes ?? []);
    const order = { topic: 'orders.created', headers: { region: 'eu' }, value: { order: { test: false } } };
    expect(table.find(order, false)?.name).to.equal('orders');
    expect(table.find({ value: { reason: 'timeout' } }, true)?.name).to.equal('errors');
    expect(table.find({ ...order, value: { order: { test: true } } }, false)?.name).to.equal('route-3');
  });

  it('has a row for every setting', () => {
    const { when, ...own } = RouteConfig.shape;
    const keys = [...Object.keys(own), 'when', ...Object.keys(when.unwrap().shape)];
    for (const key of keys) expect(document, key).to.match(new RegExp(`^\\| \`${key}\` \\|`, 'm'));
  });
});
