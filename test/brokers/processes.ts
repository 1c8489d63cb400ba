/** Broker processes: start, signal, end, always by a pid that was seen to be ours. */

import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BrokersError, CLASS_PATH, JAVA } from './java.ts';
import { HERE } from './places.ts';
import type { Broker } from './state.ts';

/** For short lives: no optimising compiler, no parallel collector. */
const SHORT_LIVED = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];
const HEAP = ['-Xms96m', '-Xmx256m'];
const GONE_MS = 60_000;

export function java(main: string, args: readonly string[], options: readonly string[] = []): string[] {
  const log4j = `-Dlog4j2.configurationFile=${join(HERE, 'log4j2.properties')}`;
  return [...SHORT_LIVED, log4j, ...options, '-cp', CLASS_PATH, main, ...args];
}

export const settingsFile = ({ directory }: Broker) => join(directory, 'server.properties');

const logFile = ({ directory }: Broker) => join(directory, 'broker.log');
const pidFile = ({ directory }: Broker) => join(directory, 'pid');

/** Stands in the process's command line, so that a pid can be known again. */
const mark = ({ directory }: Broker) => `-Doutspool.broker=${directory}`;

/** Starts the process; `ready` waits until it serves. It goes on when the one that started it ends. */
export function start(broker: Broker): void {
  const log = openSync(logFile(broker), 'a');
  const args = java('kafka.Kafka', [settingsFile(broker)], [...HEAP, mark(broker)]);
  const child = spawn(JAVA, args, { detached: true, stdio: ['ignore', log, log], cwd: broker.directory });
  closeSync(log);
  child.on('error', () => {}); // no pid then; whoever waits for it says what is missing
  child.unref();
  if (child.pid !== undefined) writeFileSync(pidFile(broker), String(child.pid));
}

/** Of the running process; undefined when it has ended or the number is another's by now. */
export function pidOf(broker: Broker): number | undefined {
  if (!existsSync(pidFile(broker))) return undefined;
  const pid = Number(readFileSync(pidFile(broker), 'utf8'));
  return commandLine(pid).includes(mark(broker)) ? pid : undefined;
}

function commandLine(pid: number): string {
  if (!existsSync('/proc/self/cmdline'))
    return spawnSync('ps', ['-ww', '-o', 'args=', '-p', `${pid}`], { encoding: 'utf8' }).stdout;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** @throws BrokersError when the broker does not run */
export function signal(broker: Broker, name: NodeJS.Signals): void {
  const pid = pidOf(broker);
  if (pid === undefined) throw new BrokersError(`broker ${broker.id} (${broker.shape}) does not run`);
  process.kill(pid, name);
}

/** Without a word, as in a power cut. Resolves when the process is gone. */
export async function kill(broker: Broker): Promise<void> {
  if (pidOf(broker) !== undefined) signal(broker, 'SIGKILL');
  const end = performance.now() + GONE_MS;
  while (pidOf(broker) !== undefined) {
    if (performance.now() > end) throw new BrokersError(`broker ${broker.id} (${broker.shape}) does not end`);
    await sleep(10);
  }
}

/** The last lines of its log, for an error; without the stacks, which hide what was wrong. */
export function lastWords(broker: Broker, lines = 15): string {
  if (!existsSync(logFile(broker))) return '(no log)';
  const all = readFileSync(logFile(broker), 'utf8').trimEnd().split('\n');
  return all
    .filter((line) => !line.startsWith('\tat '))
    .slice(-lines)
    .join('\n');
}
