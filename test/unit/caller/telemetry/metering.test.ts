import * as api from '@opentelemetry/api';
import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import { PermanentSendError } from '../../../../src/shared/errors.ts';
import { EngineRig } from '../../../support/engine-rig.ts';
import { ScriptedTransport } from '../../../support/scripted-transport.ts';

const OPTIONS = { isError: false, report: false };

describe('the metrics through OpenTelemetry', () => {
  let provider: MeterProvider;
  let exporter: InMemoryMetricExporter;

  beforeEach(() => {
    exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    provider = new MeterProvider({ readers: [reader] });
    api.metrics.setGlobalMeterProvider(provider);
  });
  afterEach(async () => {
    api.metrics.disable();
    await provider.shutdown();
  });

  /** The metrics now, by name. */
  async function collected(): Promise<ReadonlyMap<string, MetricData>> {
    exporter.reset();
    await provider.forceFlush();
    const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
    return new Map(metrics.map((metric) => [metric.descriptor.name, metric]));
  }

  const points = (metric: MetricData | undefined) => (metric?.dataPoints ?? []) as DataPoint<number>[];

  /** Sum of the values of a metric that one producer has. */
  const sumOf = (metric: MetricData | undefined, producer = 'rig') =>
    points(metric)
      .filter(({ attributes }) => attributes['outspool.producer'] === producer)
      .reduce((sum, { value }) => sum + value, 0);

  const rigOf = (transport = new ScriptedTransport(), telemetry = {}) =>
    new EngineRig(transport, { telemetry: { api, destination: { system: 'kafka' }, ...telemetry } });

  it('do not touch a message where a histogram throws', async () => {
    const histogram = {
      record: () => {
        throw new Error('a broken view');
      },
    };
    const broken = {
      getMeter: (name: string) => Object.assign(provider.getMeter(name), { createHistogram: () => histogram }),
    };
    api.metrics.disable();
    api.metrics.setGlobalMeterProvider(broken as never);
    const transport = new ScriptedTransport((value) => {
      if (value === 2) throw new PermanentSendError('no');
    });
    const rig = rigOf(transport);
    rig.produce(1, 2, 3);
    expect(await rig.engine.flush({ timeout: 5000 })).to.deep.equal({ remaining: 0 });
    expect(rig.engine.stats()).to.include({ delivered: 2, pending: 0 });
    expect(rig.logs.filter(({ message }) => message.startsWith('OpenTelemetry failed'))).to.have.lengthOf(1);
    await rig.engine.shutdown(1000);
  });

  it('do not keep a producer from working where no instrument can be made', async () => {
    const meter = {
      createHistogram: () => ({ record: () => {} }),
      createObservableCounter: () => {
        throw new Error('no instruments here');
      },
    };
    api.metrics.disable();
    api.metrics.setGlobalMeterProvider({ getMeter: () => meter } as never);
    const rig = rigOf();
    rig.produce(1);
    expect(await rig.engine.flush({ timeout: 5000 })).to.deep.equal({ remaining: 0 });
    expect(rig.engine.stats()).to.include({ delivered: 1 });
    await rig.engine.shutdown(1000);
  });

  it('count sent messages when their outcome is known, failed ones with the reason, and those that wait not at all', async () => {
    const transport = new ScriptedTransport((value) => {
      if (value === 2) throw new PermanentSendError('no');
      return value === 3 ? new Promise(() => {}) : undefined;
    });
    const { engine } = rigOf(transport);
    for (const value of [1, 2, 3]) engine.accept({ value }, OPTIONS);
    let sent: Record<string, number> = {};
    while (sent.permanent === undefined) {
      const metric = (await collected()).get('messaging.client.sent.messages');
      sent = Object.fromEntries(
        points(metric).map(({ attributes, value }) => [attributes['error.type'] ?? 'ok', value]),
      );
      expect(metric?.descriptor.unit).to.equal('{message}');
      expect(metric).to.include({ isMonotonic: true });
    }
    expect(sent).to.deep.equal({ ok: 1, permanent: 1 });
    await engine.shutdown(50);
  });

  it('do not count messages as sent that a shutdown dead-letters', async () => {
    const transport = new ScriptedTransport();
    transport.onConnect = () => new Promise(() => {});
    const telemetry = { api, destination: { system: 'kafka' } };
    const { engine } = new EngineRig(transport, { telemetry, onShutdown: 'dead_letter', deadLetter: () => {} });
    engine.accept({ value: 1 }, OPTIONS);
    expect((await engine.shutdown(50)).deadLettered).to.equal(1);
    const metric = (await collected()).get('messaging.client.sent.messages');
    expect(points(metric).map(({ value }) => value)).to.deep.equal([0]);
  });

  it('record the duration of an operation in seconds, with the bounds of the conventions', async () => {
    const { engine } = rigOf(new ScriptedTransport(), { traces: false });
    for (const value of [1, 2, 3]) engine.accept({ value }, OPTIONS);
    await engine.flush({ timeout: 5000 });
    const metric = (await collected()).get('messaging.client.operation.duration');
    const [point] = (metric?.dataPoints ?? []) as DataPoint<{
      count: number;
      sum: number;
      buckets: { boundaries: number[] };
    }>[];
    expect(metric?.descriptor.unit).to.equal('s');
    expect(point?.value.buckets.boundaries).to.deep.equal([
      ...[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    ]);
    expect(point?.value.count).to.be.within(1, 3);
    expect(point?.value.sum).to.be.below(5);
    expect(point?.attributes).to.include({ 'messaging.system': 'kafka', 'messaging.operation.name': 'send' });
    await engine.shutdown(1000);
  });

  it('are those for Prometheus under names of their own, and add up in each collection, also after the end', async () => {
    const rig = rigOf();
    rig.produce(1, 2);
    for (const moment of ['pending', 'settled', 'ended']) {
      if (moment === 'settled') await rig.engine.flush({ timeout: 5000 });
      if (moment === 'ended') await rig.engine.shutdown(1000);
      const metrics = await collected();
      const [accepted, recovered, settled, pending] = ['accepted', 'recovered', 'settled', 'pending'].map((name) =>
        sumOf(metrics.get(`outspool.messages.${name}`)),
      ) as [number, number, number, number];
      expect(accepted + recovered, moment).to.equal(settled + pending);
      expect(accepted).to.equal(2);
    }
  });

  it('have names within outspool, with units apart from the name', async () => {
    const rig = rigOf();
    rig.produce(1);
    const metrics = [...(await collected()).values()].filter(({ descriptor }) =>
      descriptor.name.startsWith('outspool.'),
    );
    await rig.engine.shutdown(1000);
    expect(Object.fromEntries(metrics.map(({ descriptor }) => [descriptor.name, descriptor.unit]))).to.deep.equal({
      'outspool.messages.accepted': '1',
      'outspool.messages.recovered': '1',
      'outspool.messages.settled': '1',
      'outspool.messages.pending': '1',
      'outspool.queue.size': 'By',
      'outspool.queue.capacity': 'By',
      'outspool.oldest_message_age': 's',
      'outspool.attempts': '1',
      'outspool.resets': '1',
      'outspool.worker_restarts': '1',
      'outspool.worker_loop': 's',
      'outspool.dead_letters': '1',
      'outspool.connected': '1',
      'outspool.build_info': '1',
    });
  });

  it('of two producers are apart, and a second one of a name replaces the first', async () => {
    const first = rigOf();
    first.produce(1);
    await first.engine.shutdown(1000);
    const second = rigOf();
    second.produce(1, 2, 3);
    await second.engine.shutdown(1000);
    const other = new EngineRig(undefined, { name: 'other', telemetry: { api, destination: { system: 'file' } } });
    other.produce(1, 2);
    await other.engine.shutdown(1000);
    const accepted = (await collected()).get('outspool.messages.accepted');
    expect([sumOf(accepted), sumOf(accepted, 'other')]).to.deep.equal([3, 2]);
  });

  it('of a producer that runs are replaced with a warning, and of one that has ended without', async () => {
    const first = rigOf();
    first.produce(1);
    const second = rigOf();
    second.produce(1);
    const warnings = () => second.logs.filter(({ message }) => message.startsWith('another producer of this name'));
    expect(warnings()).to.have.lengthOf(1);
    await Promise.all([first.engine.shutdown(1000), second.engine.shutdown(1000)]);
    const third = rigOf();
    third.produce(1);
    expect(third.logs.filter(({ message }) => message.startsWith('another producer'))).to.deep.equal([]);
    await third.engine.shutdown(1000);
  });

  it('forget producers that ended long ago, and none that runs', async () => {
    const running = new EngineRig(undefined, { name: 'running', telemetry: { api, destination: { system: 'file' } } });
    running.produce(1);
    for (let job = 0; job < 1600; job++) {
      const { engine } = new EngineRig(undefined, {
        name: `job-${job}`,
        telemetry: { api, destination: { system: 'file' } },
      });
      engine.accept({ value: 1 }, OPTIONS);
      await engine.shutdown(1000);
    }
    const accepted = points((await collected()).get('outspool.messages.accepted'));
    const names = accepted.map(({ attributes }) => attributes['outspool.producer']);
    expect(names).to.include.members(['running', 'job-1599']).and.not.include('job-0');
    expect(names.length).to.be.below(1100);
    await running.engine.shutdown(1000);
  });

  it('are not exported with metrics: false, or for a producer that was never started', async () => {
    const off = rigOf(new ScriptedTransport(), { metrics: false });
    off.produce(1);
    await off.engine.shutdown(1000);
    const idle = rigOf();
    await idle.engine.shutdown(1000);
    expect([...(await collected()).keys()]).to.deep.equal([]);
  });
});
