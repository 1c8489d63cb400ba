/** The samples of the last ten minutes. */

import { expect } from 'chai';
import { History, SAMPLES } from '../../../src/operations/history.ts';
import { PlayedProducer, SNAPSHOT } from '../../support/operated.ts';

const DAY_S = 86_400;

describe('the history', () => {
  let orders: PlayedProducer;
  let history: History;
  beforeEach(() => {
    orders = new PlayedProducer();
    history = new History([orders, new PlayedProducer('audit')]);
  });

  const sample = (now: number, accepted = now) => {
    orders.figures = { accepted };
    history.sample(now);
  };

  it('has a number of each series for each time', () => {
    orders.figures = {
      ...{
        accepted: 9,
        delivered: 5,
        deadLettered: 1,
        dropped: 1,
        expired: 1,
        undelivered: 1,
        pending: 2,
        oldestMs: 40,
      },
      attempts: { delivered: 5, failed: 7, permanentlyFailed: 1 },
      queue: { bytes: 512, maxBytes: 1024 },
      spool: { bytes: 99, maxBytes: 100 },
      connection: 'backing_off',
    };
    history.sample(1000);
    const { times, producers } = history.after(0);
    expect(times).to.deep.equal([1000]);
    expect(producers.orders).to.deep.equal({
      ...{ accepted: [9], delivered: [5], failedAttempts: [7], deadLettered: [1], lost: [3], pending: [2] },
      ...{ oldestMs: [40], queueBytes: [512], spoolBytes: [99], connected: [0], p50Ms: [null], p99Ms: [null] },
    });
    expect(producers.audit?.connected).to.deep.equal([1]);
  });

  it('goes on where the clock is set back', () => {
    for (const now of [5000, 6000, 1000, 2000]) sample(now);
    const [, last = 0] = history.after(0).times;
    expect(history.after(last).producers.orders?.accepted).to.deep.equal([1000, 2000]);
  });

  it('notes nothing of a sample that cannot be read', () => {
    sample(1000);
    orders.snapshot = () => {
      throw new Error('the figures do not add up');
    };
    expect(() => history.sample(2000)).to.throw('add up');
    expect(history.after(0).times).to.deep.equal([1000]);
    expect(history.after(0).producers.audit?.accepted).to.have.lengthOf(1);
  });

  it('returns only what a client does not have yet', () => {
    for (const now of [1000, 2000, 3000]) sample(now);
    expect(history.after(2000).times).to.deep.equal([3000]);
    expect(history.after(2000).producers.orders?.accepted).to.deep.equal([3000]);
    expect(history.after(3000).times).to.deep.equal([]);
  });

  it('forgets what is older than ten minutes', () => {
    for (let second = 1; second <= SAMPLES + 5; second++) sample(second);
    const { times, producers } = history.after(0);
    expect([times.length, times[0], times.at(-1)]).to.deep.equal([SAMPLES, 6, SAMPLES + 5]);
    expect(producers.orders?.accepted).to.deep.equal(times);
    expect(history.after(SAMPLES + 3).producers.orders?.accepted).to.deep.equal([SAMPLES + 4, SAMPLES + 5]);
  });

  it('has the latency of each second, and none where nothing was delivered', () => {
    const buckets = (...counts: number[]) =>
      [10, 20, Number.POSITIVE_INFINITY].map((ms, index) => ({ ms, count: counts[index] ?? 0 }));
    const measure = (now: number, ...counts: number[]) => {
      orders.figures = { latency: { ...SNAPSHOT.latency, buckets: buckets(...counts) } };
      history.sample(now);
    };
    measure(1, 100, 0, 0);
    measure(2, 100, 100, 0);
    measure(3, 100, 100, 0);
    measure(4, 100, 100, 1);
    const { p50Ms, p99Ms } = history.after(0).producers.orders ?? {};
    expect(p50Ms).to.deep.equal([5, 15, null, 20]);
    expect(p99Ms).to.deep.equal([9.9, 19.9, null, 20]);
  });

  it('stays below 30 MB through a day of load', () => {
    const producers = Array.from({ length: 20 }, (_, index) => new PlayedProducer(`p${index}`));
    const day = new History(producers);
    const before = memory();
    for (let second = 1; second <= DAY_S; second++) {
      for (const producer of producers) producer.figures = { accepted: second * 1000, delivered: second * 999 };
      day.sample(second * 1000);
    }
    const grown = memory() - before;
    expect(day.after(0).times).to.have.length(SAMPLES);
    expect(grown).to.be.below(30e6);
  });

  it('keeps times and figures together when a snapshot throws', () => {
    const audit = new PlayedProducer('audit');
    const broken = new History([orders, audit]);
    const { snapshot } = audit;
    Object.assign(audit, { snapshot: () => JSON.parse('no figures') });
    orders.figures = { accepted: 1 };
    expect(() => broken.sample(1000)).to.throw(SyntaxError);
    Object.assign(audit, { snapshot });
    orders.figures = { accepted: 2 };
    broken.sample(2000);
    const { times, producers } = broken.after(0);
    expect([times, producers.orders?.accepted]).to.deep.equal([[2000], [2]]);
  });
});

function memory(): number {
  global.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
