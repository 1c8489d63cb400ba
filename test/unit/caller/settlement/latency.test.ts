import { expect } from 'chai';
import { Latency } from '../../../../src/caller/settlement/latency.ts';

describe('the latencies of a producer', () => {
  const counted = (latency: Latency) =>
    Object.fromEntries(
      latency
        .histogram()
        .buckets.filter(({ count }) => count > 0)
        .map(({ ms, count }) => [ms, count]),
    );

  it('are counted by message, in the first bucket that is not too small', () => {
    const latency = new Latency();
    latency.record(1, 3);
    latency.record(1.01, 5);
    latency.record(3_600_000, 1);
    latency.record(3_600_001, 2);
    expect(counted(latency)).to.deep.equal({ 1: 3, 2.5: 5, 3600000: 1, Infinity: 2 });
    const { count, sumMs } = latency.histogram();
    expect(count).to.equal(11);
    expect(sumMs).to.be.closeTo(3 + 5.05 + 3_600_000 + 7_200_002, 1e-6);
  });

  it('have percentiles by lease, in which messages that were on disk only have no part', () => {
    const latency = new Latency();
    expect(latency.summary()).to.deep.equal({ p50Ms: null, p99Ms: null });
    latency.record(10, 1000);
    latency.recordLate(60_000, 1_000_000);
    const { p50Ms, p99Ms } = latency.summary();
    expect(p50Ms).to.be.closeTo(10, 0.1);
    expect(p99Ms).to.be.closeTo(10, 0.1);
    expect(counted(latency)).to.deep.equal({ 10: 1000, 60000: 1_000_000 });
  });
});
