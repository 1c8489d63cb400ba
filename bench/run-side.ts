/** One run of one side: a fresh broker, a fresh process that produces, and an eye on that process's memory. */

import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { clientProperties } from '../src/kinds/kafka/properties.ts';
import { KafkaProducerConfig } from '../src/kinds/kafka/schema.ts';
import { watchMemory } from './anonymous-memory.ts';
import type { BenchOptions } from './options.ts';

/** What is measured: a script of bench/process each, and outspool's with options. */
const VARIANTS = {
  driver: { script: 'driver' },
  'node-rdkafka': { script: 'node-rdkafka' },
  outspool: { script: 'outspool' },
  'outspool with a spool': { script: 'outspool', spool: true },
  'outspool with metrics': { script: 'outspool', metrics: true },
  'OpenTelemetry without an SDK': { script: 'outspool', telemetry: 'none' },
  'OpenTelemetry metrics': { script: 'outspool', telemetry: 'metrics' },
  'traces, none sampled': { script: 'outspool', telemetry: '0' },
  'traces, 1 % sampled': { script: 'outspool', telemetry: '0.01' },
  'traces, all sampled': { script: 'outspool', telemetry: '1' },
} as const satisfies Readonly<Record<string, { readonly script: string; readonly [option: string]: unknown }>>;

export type Side = keyof typeof VARIANTS;

export interface Figures {
  readonly perSecond: number;
  readonly delayP50Ms: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  readonly cpuMicros: number;
  readonly mainCpuMicros: number;
  readonly loopUtilization: number;
  readonly accepted: number;
  readonly delivered: number;
  /** Maximum of the process's anonymous memory. */
  readonly rssAnonMb: number;
}

/** How often node-rdkafka asks for delivery reports by itself; the event loop's turns ask as well. */
const POLL_MS = 5;

export const scriptOf = (name: string) => fileURLToPath(new URL(`process/${name}.mjs`, import.meta.url));

export async function runSide(side: Side, options: BenchOptions): Promise<Figures> {
  const broker = spawn(process.execPath, [scriptOf('broker')], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    return await produce(side, settingsFor(await firstLine(broker), side, options));
  } finally {
    await end(broker);
  }
}

/** Both sides get the properties that outspool makes from its own defaults. */
function settingsFor(bootstrapServers: string, side: Side, { messages, bytes, linger, rate }: BenchOptions): string {
  const config = KafkaProducerConfig.parse({ type: 'kafka', name: 'bench', linger: `${linger}ms` });
  const client = clientProperties(config);
  const pace = { count: messages, bytes, linger, rate, pollMs: POLL_MS };
  return JSON.stringify({ ...client, bootstrapServers, ...pace, ...VARIANTS[side] });
}

const scriptFor = (side: Side) => scriptOf(VARIANTS[side].script);

async function produce(side: Side, settings: string): Promise<Figures> {
  const child = spawn(process.execPath, [scriptFor(side), settings], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const memory = watchMemory(child.pid as number);
  const exited = once(child, 'exit');
  try {
    const line = await firstLine(child);
    const [code] = await exited;
    if (code !== 0) throw new Error(`${side} ended with code ${code}`);
    return { ...(JSON.parse(line) as Omit<Figures, 'rssAnonMb'>), rssAnonMb: memory.maximumMb };
  } finally {
    memory.stop();
    child.kill();
  }
}

export async function firstLine({ stdout }: { readonly stdout: Readable }): Promise<string> {
  for await (const line of createInterface(stdout)) return line;
  throw new Error('a process of the bench ended without a word');
}

async function end(broker: ChildProcess & ChildProcessByStdio<Writable, Readable, null>): Promise<void> {
  const exited = once(broker, 'exit');
  broker.stdin.end();
  if (broker.exitCode === null) await exited;
}
