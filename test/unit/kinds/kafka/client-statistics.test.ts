import { expect } from 'chai';
import { clientStatistics } from '../../../../src/kinds/kafka/client-statistics.ts';

const BROKER = {
  nodename: 'b1:9092',
  nodeid: 1,
  state: 'UP',
  ...{ outbuf_cnt: 2, waitresp_cnt: 3, tx: 40, txretries: 5, req_timeouts: 6 },
  rtt: { avg: 1500, p99: 9000, cnt: 7 },
};

describe('the statistics of librdkafka', () => {
  it('are read in the units of stats()', () => {
    expect(clientStatistics(JSON.stringify({ time: 1_790_000_000, brokers: { one: BROKER } }))).to.deep.equal({
      at: 1_790_000_000_000,
      brokers: [
        {
          broker: 'b1:9092',
          state: 'UP',
          rttMs: { mean: 1.5, p99: 9 },
          requests: { queued: 2, inFlight: 3 },
          ...{ sent: 40, retries: 5, timeouts: 6 },
        },
      ],
    });
  });

  it('have no round trip where none was made, and no broker without a number', () => {
    const idle = { ...BROKER, rtt: { avg: 0, p99: 0, cnt: 0 } };
    const { brokers } = clientStatistics(
      JSON.stringify({ time: 1, brokers: { idle, bootstrap: { ...BROKER, nodeid: -1 } } }),
    );
    expect(brokers.map(({ rttMs }) => rttMs)).to.deep.equal([null]);
  });

  it('name no broker before there is one', () => {
    expect(clientStatistics('{"time":1}').brokers).to.deep.equal([]);
  });
});
