/** What `npm run bench` is asked to do. */

import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly messages: number;
  /** Bytes of a message's value. */
  readonly bytes: number;
  /** Runs of each side; the figures are medians. */
  readonly rounds: number;
  /** Both sides' `linger.ms`. outspool's default is 0, node-rdkafka's 5. */
  readonly linger: number;
  /** Messages/s that both sides are given, none of the driver's; 0 = as many as they take. */
  readonly rate: number;
  /** Measure outspool's Kafka driver alone, on the main thread, instead of the producer. */
  readonly driver: boolean;
  /** Measure outspool with a spool against outspool without one, instead of against node-rdkafka. */
  readonly spool: boolean;
  /** Measure outspool with metrics, scraped once a second, against outspool without them, instead of against node-rdkafka. */
  readonly metrics: boolean;
}

export const DEFAULTS: BenchOptions = {
  messages: 1_000_000,
  bytes: 100,
  rounds: 3,
  linger: 0,
  rate: 0,
  driver: false,
  spool: false,
  metrics: false,
};

const NUMBERS = ['messages', 'bytes', 'rounds', 'linger', 'rate'] as const;

export function parseOptions(args: readonly string[]): BenchOptions {
  const numbers = Object.fromEntries(NUMBERS.map((name) => [name, { type: 'string' as const }]));
  const { values } = parseArgs({
    args: [...args],
    options: { ...numbers, driver: { type: 'boolean' }, spool: { type: 'boolean' }, metrics: { type: 'boolean' } },
  });
  const given = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === 'string' ? wholeNumber(name, value) : value,
  ]);
  return { ...DEFAULTS, ...Object.fromEntries(given) };
}

function wholeNumber(name: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new Error(`--${name}: expected a whole number, got ${text}`);
}
