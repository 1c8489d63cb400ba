import { expect } from 'chai';
import { DEFINITIONS } from '../../../../src/caller/metrics/definitions.ts';
import { EngineRig } from '../../../support/engine-rig.ts';

/** Dashboards and alerts of users have these names and labels, so they must not change. */
const NAMES = {
  outspool_messages_accepted_total: [],
  outspool_messages_recovered_total: [],
  outspool_messages_settled_total: ['outcome'],
  outspool_messages_pending: ['place'],
  outspool_queue_bytes: [],
  outspool_queue_capacity_bytes: [],
  outspool_spool_bytes: [],
  outspool_spool_capacity_bytes: [],
  outspool_oldest_message_age_seconds: [],
  outspool_attempts_total: ['result'],
  outspool_resets_total: [],
  outspool_worker_restarts_total: [],
  outspool_worker_loop_seconds_total: ['state'],
  outspool_dead_letters_total: ['reason_class'],
  outspool_connected: [],
  outspool_client_broker_rtt_seconds: ['broker'],
  outspool_client_broker_requests_queued: ['broker'],
  outspool_client_broker_retries_total: ['broker'],
  outspool_build_info: ['version', 'node'],
  outspool_delivery_duration_seconds: [],
};

describe('the metrics', () => {
  it('have these names and labels', () => {
    expect(Object.fromEntries(DEFINITIONS.map(({ name, labelNames }) => [name, labelNames]))).to.deep.equal(NAMES);
  });

  const snapshot = new EngineRig().engine.snapshot();
  const read = (name: string, figures: object) =>
    DEFINITIONS.find((definition) => definition.name === name)?.read({ ...snapshot, ...figures } as never) ?? [];
  const value = (name: string, figures: object) => read(name, figures)[0]?.value;

  it('read each figure in its unit', () => {
    expect(value('outspool_messages_accepted_total', { accepted: 7 })).to.equal(7);
    expect(value('outspool_messages_recovered_total', { recovered: 5, unused: 2 })).to.equal(7);
    expect(value('outspool_oldest_message_age_seconds', { oldestMs: 1500 })).to.equal(1.5);
    expect(value('outspool_oldest_message_age_seconds', { oldestMs: null })).to.equal(0);
    expect(value('outspool_queue_bytes', { queue: { bytes: 3, maxBytes: 4 } })).to.equal(3);
    expect(value('outspool_queue_capacity_bytes', { queue: { bytes: 3, maxBytes: 4 } })).to.equal(4);
    expect(value('outspool_spool_bytes', { spool: { bytes: 3, maxBytes: 4 } })).to.equal(3);
    expect(value('outspool_spool_capacity_bytes', { spool: { bytes: 3, maxBytes: 4 } })).to.equal(4);
    expect(read('outspool_spool_bytes', { spool: undefined })).to.deep.equal([]);
    expect(value('outspool_resets_total', { resets: 3 })).to.equal(3);
    expect(value('outspool_worker_restarts_total', { workerRestarts: 3 })).to.equal(3);
  });

  it('read the times of the loop in seconds', () => {
    const samples = read('outspool_worker_loop_seconds_total', { workerLoop: { activeMs: 1500, idleMs: 500 } });
    expect(samples.map(({ labels, value: seconds }) => [labels.state, seconds])).to.deep.equal([
      ['active', 1.5],
      ['idle', 0.5],
    ]);
  });

  it('read the statistics of each broker', () => {
    const idle = { broker: 'b2:9092', rttMs: null, requests: { queued: 0, inFlight: 0 }, retries: 0 };
    const brokers = [{ broker: 'b1:9092', rttMs: { mean: 1500, p99: 1 }, requests: { queued: 2 }, retries: 3 }, idle];
    const client = { client: { at: 1, brokers } };
    const [one, two] = ['b1:9092', 'b2:9092'].map((broker) => ({ broker }));
    expect(read('outspool_client_broker_rtt_seconds', client)).to.deep.equal([{ labels: one, value: 1.5 }]);
    expect(read('outspool_client_broker_requests_queued', client)).to.deep.equal([
      { labels: one, value: 2 },
      { labels: two, value: 0 },
    ]);
    expect(read('outspool_client_broker_retries_total', client)[0]).to.deep.equal({ labels: one, value: 3 });
    expect(read('outspool_client_broker_retries_total', { client: undefined })).to.deep.equal([]);
  });

  it('name outcomes, places, results and reasons in the field’s spelling', () => {
    const labels = (name: string) => read(name, {}).map((sample) => Object.values(sample.labels)[0]);
    expect(labels('outspool_messages_settled_total')).to.deep.equal([
      ...['delivered', 'dead_lettered', 'dropped', 'expired', 'undelivered', 'spooled', 'unused'],
    ]);
    expect(labels('outspool_messages_pending')).to.deep.equal(['queued', 'leased', 'on_disk_only', 'dead_letter']);
    expect(labels('outspool_attempts_total')).to.deep.equal(['delivered', 'failed', 'permanently_failed']);
    expect(labels('outspool_dead_letters_total')).to.deep.equal(['permanent', 'suspect', 'crash', 'shutdown']);
  });

  it('report the connection only while the producer is meant to have one', () => {
    const connected = (state: string, connection: string) => value('outspool_connected', { state, connection });
    expect(connected('created', 'disconnected')).to.equal(undefined);
    expect(connected('starting', 'connecting')).to.equal(0);
    expect(connected('ready', 'connected')).to.equal(1);
    expect(connected('ready', 'backing_off')).to.equal(0);
    expect(connected('failed', 'closed')).to.equal(0);
    expect(connected('closed', 'closed')).to.equal(undefined);
  });

  it('leave out queue, spool and age of a producer that has ended, so that no alert fires for it', () => {
    for (const name of Object.keys(NAMES).filter((one) => /_bytes|_age_/.test(one)))
      expect(read(name, { state: 'closed', spool: { bytes: 9, maxBytes: 10 } }), name).to.deep.equal([]);
  });

  it('have a histogram whose buckets are cumulative', () => {
    const buckets = [
      { ms: 1, count: 2 },
      { ms: 250, count: 3 },
      { ms: Infinity, count: 4 },
    ];
    const samples = read('outspool_delivery_duration_seconds', { latency: { buckets, count: 9, sumMs: 4500 } });
    expect(samples.map(({ metricName, labels, value: of }) => [metricName?.slice(35), labels.le, of])).to.deep.equal([
      ['bucket', '0.001', 2],
      ['bucket', '0.25', 5],
      ['bucket', '+Inf', 9],
      ['sum', undefined, 4.5],
      ['count', undefined, 9],
    ]);
  });
});
