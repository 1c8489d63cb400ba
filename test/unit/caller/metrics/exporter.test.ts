import { expect } from 'chai';
import client from 'prom-client';
import { exportMetrics, type Measured } from '../../../../src/caller/metrics/exporter.ts';
import type { Snapshot } from '../../../../src/caller/snapshot.ts';
import { ConfigError } from '../../../../src/shared/errors.ts';
import { EngineRig } from '../../../support/engine-rig.ts';
import { Scraped } from '../../../support/scraped.ts';

const EMPTY = new EngineRig().engine.snapshot();

/** A producer that accepts a message with each snapshot, and so shows how many were taken. */
class Counting implements Measured {
  readonly name: string;
  readonly kind = 'memory';
  taken = 0;
  state: Snapshot['state'] = 'ready';

  constructor(name: string) {
    this.name = name;
  }

  snapshot(): Snapshot {
    this.taken++;
    const pendingBy = { queued: this.taken, leased: 0, onDiskOnly: 0, deadLetter: 0 };
    return { ...EMPTY, state: this.state, accepted: this.taken, pendingBy };
  }
}

describe('the metrics of a registry', () => {
  const scrape = async (registry: { metrics(): Promise<string> }) => new Scraped(await registry.metrics());
  const accepted = async (registry: { metrics(): Promise<string> }) => {
    const found = (await scrape(registry)).of('outspool_messages_accepted_total');
    return Object.fromEntries(found.map(({ labels, value }) => [labels.producer, value]));
  };
  const problem = (act: () => void): string => {
    try {
      act();
    } catch (error) {
      expect(error).to.be.instanceOf(ConfigError);
      return (error as Error).message;
    }
    return 'none';
  };

  it('are read when it is scraped, all of one producer from one snapshot, also without a turn between two scrapes', async () => {
    const registry = new client.Registry();
    const producer = new Counting('orders');
    exportMetrics({ client, registry }, [producer]);
    expect(producer.taken).to.equal(0);
    for (let count = 1; count <= 3; count++) {
      const scraped = await scrape(registry);
      expect(producer.taken).to.equal(count);
      expect(scraped.sum('outspool_messages_accepted_total')).to.equal(count);
      expect(scraped.unaccounted('orders')).to.equal(0);
      expect(scraped.sum('outspool_delivery_duration_seconds_bucket')).to.equal(0);
    }
    await Promise.all([scrape(registry), scrape(registry)]);
    expect(producer.taken).to.equal(5);
  });

  it('are not of the snapshot of an earlier read, also in the same turn of the event loop', async () => {
    const registry = new client.Registry();
    const producer = new Counting('orders');
    exportMetrics({ client, registry }, [producer]);
    expect(await registry.getSingleMetricAsString('outspool_messages_pending')).to.match(/queued"\} 1$/m);
    const scraped = await scrape(registry);
    expect(scraped.sum('outspool_messages_accepted_total')).to.equal(2);
    expect(scraped.unaccounted('orders')).to.equal(0);
    expect(producer.taken).to.equal(2);
  });

  it('let go of a producer that has ended when another one is added, although nothing scrapes', () => {
    const registry = new client.Registry();
    const ended = new Counting('a');
    exportMetrics({ client, registry }, [ended]);
    ended.state = 'closed';
    for (const name of ['b', 'c', 'd']) exportMetrics({ client, registry }, [new Counting(name)]);
    expect(ended.taken, 'asked once, for its last figures').to.equal(1);
  });

  it('give the place of a producer that was never started to the next one', async () => {
    const registry = new client.Registry();
    const failed = new Counting('a');
    failed.state = 'created';
    exportMetrics({ client, registry }, [failed]);
    exportMetrics({ client, registry }, [new Counting('a')]);
    expect(await accepted(registry)).to.deep.equal({ a: 1 });
  });

  it('can be had as JSON and as OpenMetrics, also twice', async () => {
    const registry = new client.Registry<typeof client.Registry.OPENMETRICS_CONTENT_TYPE>();
    registry.setContentType(client.Registry.OPENMETRICS_CONTENT_TYPE);
    exportMetrics({ client, registry }, [new Counting('orders')]);
    for (let time = 1; time <= 2; time++) {
      const text = await registry.metrics();
      expect(text).to.contain('# TYPE outspool_messages_accepted counter\n');
      expect(text).to.contain(`\noutspool_messages_accepted_total{producer="orders",kind="memory"} ${time}\n`);
      expect(text).to.match(/# EOF\n$/);
    }
    const json = await registry.getMetricsAsJSON();
    const pending = json.find(({ name }) => name === 'outspool_messages_pending');
    expect(pending).to.deep.include({ type: 'gauge', aggregator: 'sum' });
    expect(pending?.values[0]).to.deep.equal({
      labels: { producer: 'orders', kind: 'memory', place: 'queued' },
      value: 3,
    });
  });

  it('are those of several runtimes, each with labels of its own', async () => {
    const registry = new client.Registry();
    exportMetrics({ client, registry }, [new Counting('a'), new Counting('b')]);
    exportMetrics({ client, registry, labels: { tenant: 'x' } }, [new Counting('a')]);
    const scraped = await scrape(registry);
    expect(scraped.of('outspool_messages_accepted_total').map(({ labels }) => labels)).to.deep.equal([
      { producer: 'a', kind: 'memory' },
      { producer: 'b', kind: 'memory' },
      { producer: 'a', kind: 'memory', tenant: 'x' },
    ]);
  });

  it('refuse a second producer with the same labels, and then none of its runtime is there', async () => {
    const registry = new client.Registry();
    const labels = { x: '1', y: '2' };
    exportMetrics({ client, registry, labels }, [new Counting('a')]);
    const text = problem(() =>
      exportMetrics({ client, registry, labels: { y: '2', x: '1' } }, [new Counting('b'), new Counting('a')]),
    );
    expect(text).to.match(
      /^options\.metrics: the registry has another producer 'a' of kind memory.*metrics\.labels.*$/,
    );
    expect(Object.keys(await accepted(registry))).to.deep.equal(['a']);
  });

  it('keep two producers apart whose labels look alike when they are joined', async () => {
    const registry = new client.Registry();
    exportMetrics({ client, registry, labels: { a: '1,b:2', b: '3' } }, [new Counting('p')]);
    exportMetrics({ client, registry, labels: { a: '1', b: '2,b:3' } }, [new Counting('p')]);
    expect((await scrape(registry)).of('outspool_messages_accepted_total')).to.have.lengthOf(2);
  });

  it('keep the last figures of a producer that has ended, until another one takes its place', async () => {
    const registry = new client.Registry();
    const ended = new Counting('a');
    exportMetrics({ client, registry }, [ended]);
    expect(await accepted(registry)).to.deep.equal({ a: 1 });
    ended.state = 'closed';
    expect(await accepted(registry)).to.deep.equal({ a: 2 });
    expect(await accepted(registry)).to.deep.equal({ a: 2 });
    expect(ended.taken).to.equal(2);
    exportMetrics({ client, registry }, [new Counting('a')]);
    expect(await accepted(registry)).to.deep.equal({ a: 1 });
  });

  it('refuse a registry that has a metric of that name, and leave it as it is', async () => {
    const registry = new client.Registry();
    new client.Gauge({ name: 'outspool_connected', help: 'of the application', registers: [registry] });
    const text = problem(() => exportMetrics({ client, registry }, [new Counting('a')]));
    expect(text).to.match(/^options\.metrics: the registry has a metric outspool_connected that is not.*$/);
    expect(registry.getMetricsAsArray()).to.have.lengthOf(1);
    registry.clear();
    exportMetrics({ client, registry }, [new Counting('a')]);
    expect(await accepted(registry)).to.deep.equal({ a: 1 });
  });

  it('come back with the next producer when the application has cleared the registry, but for what has ended', async () => {
    const registry = new client.Registry();
    const ended = new Counting('ended');
    exportMetrics({ client, registry }, [new Counting('a'), ended]);
    registry.resetMetrics();
    expect(Object.keys(await accepted(registry))).to.have.members(['a', 'ended']);
    ended.state = 'closed';
    registry.clear();
    exportMetrics({ client, registry }, [new Counting('b')]);
    expect(Object.keys(await accepted(registry))).to.have.members(['a', 'b']);
  });

  it('have label values that are any text', async () => {
    const registry = new client.Registry();
    const text = 'a"b\\c\nd}e{f=",\u2028é😀';
    exportMetrics({ client, registry, labels: { text } }, [new Counting('a')]);
    expect((await scrape(registry)).of('outspool_connected')[0]?.labels.text).to.equal(text);
  });

  it('are in the default registry of prom-client where none is given', async () => {
    exportMetrics({ client }, [new Counting('by-default')]);
    expect(await accepted(client.register)).to.have.property('by-default');
    client.register.clear();
  });
});
