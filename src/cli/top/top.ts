/** `produce top`: a table of what running processes deliver, through their operations endpoints. */

import { setTimeout as sleep } from 'node:timers/promises';
import { LinkedAbort, onAbort } from '../../shared/util/abort.ts';
import { systemClock } from '../../shared/util/clock.ts';
import { result, say } from '../output.ts';
import { EXIT, type ExitCode } from '../process/exit.ts';
import { DEFAULT_ADDRESS, endpointUrl } from './address.ts';
import { frame, topTable } from './frame.ts';
import { type Away, type Row, rowsOf, type Sample } from './rows.ts';
import { AlternateScreen } from './screen.ts';
import { ask } from './status.ts';

export interface TopOptions {
  /** Addresses of operations endpoints. @default the default address of one */
  readonly urls: readonly string[];
  readonly token?: string;
  /** Time in ms between two samples. */
  readonly interval: number;
  /** Whether to print the table once, with the rates of one interval. @default true where stdout is no terminal, or with `json` */
  readonly once?: boolean;
  readonly json?: boolean;
  readonly signal: AbortSignal;
}

/** The result of a run that failed before it had one. */
export const NO_PROCESSES = { processes: [] };

/** Time, in ms, for which a process is waited for. */
const ANSWER_MS = 2000;

interface Process {
  readonly name: string;
  readonly url: URL;
  now: Sample;
  before: Sample | undefined;
}

export async function top(options: TopOptions): Promise<ExitCode> {
  const { urls, once = false, json = false } = options;
  const processes = (urls.length === 0 ? [DEFAULT_ADDRESS] : urls).map(processAt);
  return once || json || !process.stdout.isTTY ? printOnce(processes, options) : watch(processes, options);
}

function processAt(address: string): Process {
  const url = endpointUrl(address);
  const name = `${url.host}${url.pathname.slice(0, -1)}`;
  return { name, url, now: { at: 0, asked: { why: 'not asked yet' } }, before: undefined };
}

/** Asks all processes at the same time. */
async function sample(processes: readonly Process[], { token }: TopOptions): Promise<void> {
  await Promise.all(
    processes.map(async (one) => {
      const asked = await ask(one.url, { token, timeoutMs: ANSWER_MS });
      one.before = one.now;
      one.now = { at: performance.now(), asked };
    }),
  );
}

const rowsOfAll = (processes: readonly Process[]): (Row | Away)[] =>
  processes.flatMap(({ name, now, before }) => rowsOf(name, now, before));

/** Takes two samples, because there is no rate in one. */
async function printOnce(processes: readonly Process[], options: TopOptions): Promise<ExitCode> {
  const { interval, json, signal } = options;
  await sample(processes, options);
  await sleep(interval, undefined, { signal }).catch(() => {});
  if (signal.aborted) return EXIT.undelivered;
  await sample(processes, options);
  const away = processes.filter(({ now }) => 'why' in now.asked);
  if (json) result({ ok: away.length === 0, processes: processes.map(forProgram) });
  else process.stdout.write(`${topTable(rowsOfAll(processes))}\n`);
  if (away.length === 0) return EXIT.delivered;
  say(`${away.length} of ${processes.length} away`);
  return EXIT.noConnection;
}

function forProgram({ name, url, now, before }: Process): object {
  if ('why' in now.asked) return { url: url.href, ok: false, why: now.asked.why, producers: [] };
  const { version, pid, startedAt } = now.asked.status;
  const producers = rowsOf(name, now, before).map((row) => ({ ...row, process: undefined }));
  return { url: url.href, ok: true, why: null, version, pid, startedAt, producers };
}

async function watch(processes: readonly Process[], options: TopOptions): Promise<ExitCode> {
  const { interval, signal } = options;
  const ended = new LinkedAbort(signal);
  const heading = () => {
    const time = new Date().toTimeString().slice(0, 8);
    return `produce top  ${time}  every ${interval / 1000} s  q ends`;
  };
  const draw = () => screen.draw(frame(heading(), rowsOfAll(processes), screen.size));
  const screen = new AlternateScreen(() => ended.abort(), draw);
  const end = new Promise<void>((resolve) => void onAbort(ended.signal, resolve));
  try {
    draw();
    while (!ended.signal.aborted) {
      await Promise.race([sample(processes, options), end]);
      draw();
      await systemClock.sleep(interval, ended.signal);
    }
    return EXIT.delivered;
  } finally {
    screen.close();
    ended.release();
  }
}
