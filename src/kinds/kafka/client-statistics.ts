/** Reads librdkafka's statistics, a JSON text: https://github.com/confluentinc/librdkafka/blob/master/STATISTICS.md */

import type { BrokerStatistics, ClientStatistics } from '../../shared/client-statistics.ts';

/** The property that turns them on. */
export const INTERVAL = 'statistics.interval.ms';

interface RawBroker {
  readonly nodename: string;
  readonly nodeid: number;
  readonly state: string;
  readonly outbuf_cnt: number;
  readonly waitresp_cnt: number;
  readonly tx: number;
  readonly txretries: number;
  readonly req_timeouts: number;
  /** Times in µs. */
  readonly rtt: { readonly avg: number; readonly p99: number; readonly cnt: number };
}

interface Raw {
  /** In s since 1970. */
  readonly time: number;
  readonly brokers?: Readonly<Record<string, RawBroker>>;
}

const US_PER_MS = 1000;

/** Returns the brokers that are known by their number. An address of `bootstrap_servers` is listed again under its number. */
export function clientStatistics(text: string): ClientStatistics {
  const { time, brokers = {} } = JSON.parse(text) as Raw;
  const members = Object.values(brokers).filter(({ nodeid }) => nodeid >= 0);
  return { at: time * 1000, brokers: members.map(brokerOf) };
}

const brokerOf = ({ nodename, state, rtt, ...raw }: RawBroker): BrokerStatistics => ({
  broker: nodename,
  state,
  rttMs: rtt.cnt > 0 ? { mean: rtt.avg / US_PER_MS, p99: rtt.p99 / US_PER_MS } : null,
  requests: { queued: raw.outbuf_cnt, inFlight: raw.waitresp_cnt },
  sent: raw.tx,
  retries: raw.txretries,
  timeouts: raw.req_timeouts,
});
