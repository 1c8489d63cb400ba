/** `/metrics` with prom-client, without it, and with the registry of an application. */

import { expect } from 'chai';
import client from 'prom-client';
import { exportMetrics } from '../../../src/caller/metrics/exporter.ts';
import { MetricsPage } from '../../../src/operations/metrics.ts';
import { PlayedProducer } from '../../support/operated.ts';

const missing = Object.assign(new Error("Cannot find package 'prom-client' imported from /x.js"), {
  code: 'ERR_MODULE_NOT_FOUND',
});

describe('/metrics', () => {
  const orders = new PlayedProducer();
  orders.figures = { accepted: 12 };

  it('has the figures of all producers, in a registry of its own', async () => {
    const page = new MetricsPage({ producers: [orders] });
    const { status, type, body } = await page.answer();
    expect([status, type]).to.deep.equal([200, client.register.contentType]);
    expect(body).to.include('outspool_messages_accepted_total{producer="orders",kind="memory"} 12');
    expect((await page.answer()).status).to.equal(200);
    expect(await client.register.metrics()).not.to.include('outspool_');
  });

  it("is the application's registry where its producers export to one", async () => {
    const registry = new client.Registry();
    const metrics = { client, registry, labels: { service: 'shop' } };
    exportMetrics(metrics, [orders]);
    new client.Counter({ name: 'own_total', help: 'its own', registers: [registry] }).inc(3);
    const { body } = await new MetricsPage({ producers: [orders], metrics }).answer();
    expect(body).to.include('own_total 3').and.include('service="shop"');
  });

  it('says what to install where prom-client is not, and works once it is', async () => {
    const loads = [() => Promise.reject(missing), async () => client];
    const page = new MetricsPage({ producers: [orders] }, () => (loads.shift() as () => Promise<unknown>)());
    const { status, body } = await page.answer();
    expect([status, JSON.parse(String(body)).error]).to.deep.equal([
      501,
      "/metrics needs the package 'prom-client': npm install prom-client",
    ]);
    expect((await page.answer()).status).to.equal(200);
  });

  it('does not hide a prom-client that is broken', async () => {
    const page = new MetricsPage({ producers: [orders] }, () => Promise.reject(new Error('broken')));
    expect((await page.answer().catch((error) => error)).message).to.equal('broken');
  });
});
