/** Processes that host Kafka producers, and how they end. A native fault ends one by a signal, and leaves a core file. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onBusyCores } from '../support/busy-cores.ts';
import type { HostSettings } from '../support/kafka-host.ts';

/** Lives of an application; 200 in the long tier. */
export const RUNS = Number(process.env.OUTSPOOL_HOST_RUNS ?? 2);
/** So many share what happens to the brokers. */
const AT_ONCE = 5;
const HOST = fileURLToPath(new URL('../support/kafka-host.js', import.meta.url));
/** A host that does not end by then is ended by SIGKILL. */
const LONGEST_MS = 180_000;
const WITH_CORES = ['-c', 'ulimit -c unlimited; exec "$@"', 'host'];

class Host {
  /** Its own folder, with its log and its core file (`kernel.core_pattern` permitting); kept if it had a fault. */
  readonly #directory = mkdtempSync(join(tmpdir(), 'outspool-host-'));
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown[]>;

  constructor(settings: Omit<HostSettings, 'directory'>) {
    this.#name = settings.name;
    const args = [process.execPath, HOST, JSON.stringify({ ...settings, directory: this.#directory })];
    const log = openSync(join(this.#directory, 'host.log'), 'w');
    this.#child = spawn('sh', [...WITH_CORES, ...args], {
      cwd: this.#directory,
      stdio: ['pipe', 'pipe', log],
      timeout: LONGEST_MS,
      killSignal: 'SIGKILL',
    });
    closeSync(log);
    this.#ended = once(this.#child, 'close');
    this.#child.stdin?.on('error', () => {}); // it has ended, which its end tells
  }

  /** Resolves also when it ends before. */
  async ready(): Promise<void> {
    const said = this.#child.stdout === null ? [] : [once(this.#child.stdout, 'data')];
    await Promise.race([this.#ended, ...said]);
  }

  /** Lets it deliver its last messages. Returns what was wrong with its end; undefined for nothing. */
  async finish(): Promise<string | undefined> {
    this.#child.stdin?.end();
    const [code, signal] = await this.#ended;
    if (code !== 0) return `${this.#name} ended by ${signal ?? `code ${code}`}: see ${this.#directory}`;
    rmSync(this.#directory, { recursive: true, force: true });
    return undefined;
  }
}

/** Starts the hosts, does `meanwhile` when all are ready, and lets them end. Returns what was wrong with each that had a fault. */
export async function runHosts(
  settings: readonly Omit<HostSettings, 'directory'>[],
  meanwhile: () => Promise<void>,
): Promise<string[]> {
  const hosts = settings.map((one) => new Host(one));
  const finished = () => Promise.all(hosts.map((host) => host.finish()));
  try {
    await Promise.all(hosts.map((host) => host.ready()));
    await meanwhile();
  } catch (error) {
    await finished();
    throw error;
  }
  return (await finished()).filter((fault) => fault !== undefined);
}

/** Lets `RUNS` hosts live, some at once, while every core is busy. Returns the faults of all rounds. */
export function busyRounds(round: (count: number) => Promise<string[]>): Promise<string[]> {
  return onBusyCores(async () => {
    const faults: string[] = [];
    for (let left = RUNS; left > 0; left -= AT_ONCE) faults.push(...(await round(Math.min(left, AT_ONCE))));
    console.log(`      ${RUNS} runs, faults ${faults.length}`);
    return faults;
  });
}
