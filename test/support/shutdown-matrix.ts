/** Runs the cells of the shutdown matrix: what the broker does × what the producer is in the middle of. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { slowDns } from './slow-dns.ts';

export const BROKERS = ['alive', 'refusing', 'silent', 'slow name'] as const;
export const LOADS = ['idle', 'queued', 'back-off'] as const;
export type BrokerMood = (typeof BROKERS)[number];
export type Load = (typeof LOADS)[number];

export interface CellResult {
  readonly elapsedMs: number;
  /** From the end of `shutdown` to the end of the process. */
  readonly exitMs: number;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly same: boolean;
  readonly accepted: number;
  readonly delivered: number;
  readonly undelivered: number;
  readonly timedOut: boolean;
}

interface Place {
  readonly address: string;
  readonly env: NodeJS.ProcessEnv;
  /** Called when the producer is in its back-off. */
  mend(): void;
  end(): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL('shutdown-cell.mjs', import.meta.url));
const SLOW_NAME = 'slow.outspool.test';
const nothing = () => {};

async function alive(load: Load): Promise<Place> {
  const kafka = await EmbeddedKafka.start({ topics: { matrix: 1 } });
  if (load === 'back-off') kafka.brokerDown();
  return {
    address: kafka.bootstrapServers,
    env: process.env,
    mend: () => kafka.brokerUp(),
    end: () => kafka.stop(),
  };
}

async function silent(): Promise<Place> {
  const server: Server = createServer(nothing);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, env: process.env, mend: nothing, end: async () => void server.close() };
}

const fixed = (address: string, env = process.env): Place => ({ address, env, mend: nothing, end: async () => {} });

const PLACES: Readonly<Record<BrokerMood, (load: Load) => Promise<Place>>> = {
  alive,
  silent,
  refusing: async () => fixed('127.0.0.1:1'),
  'slow name': async () => fixed(`${SLOW_NAME}:9092`, slowDns(SLOW_NAME, 12_000)),
};

/** `ms`: the time limit of its shutdown. */
export async function runCell(mood: BrokerMood, load: Load, ms = 1000): Promise<CellResult> {
  const place = await PLACES[mood](load);
  try {
    return await runChild(place, load, ms);
  } finally {
    await place.end();
  }
}

async function runChild(place: Place, load: Load, ms: number): Promise<CellResult> {
  const child = spawn(process.execPath, [SCRIPT, place.address, load, `${ms}`], {
    env: place.env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit').then(([exitCode, signal]) => ({ exitCode, signal, at: Date.now() }));
  let result = {};
  let endedAt = 0;
  for await (const line of createInterface(child.stdout)) {
    const said = JSON.parse(line);
    if (said.backingOff) {
      place.mend();
      child.stdin.end('go\n');
    } else [result, endedAt] = [said, said.endedAt];
  }
  const { exitCode, signal, at } = await exited;
  return { ...(result as CellResult), exitCode, signal, exitMs: at - endedAt };
}
