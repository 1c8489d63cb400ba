/** One run of one side: a fresh server and a fresh process that produces. It fails if a message was not answered. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Work } from './work.ts';

export interface RunFigures {
  readonly perSecond: number;
  /** CPU time of the whole process, in µs a message. */
  readonly cpuMicros: number;
  /** CPU time of the main thread, in µs a message. */
  readonly mainCpuMicros: number;
}

interface Said extends RunFigures {
  readonly delivered: number;
}

interface Served {
  readonly requests: number;
  readonly bytes: number;
}

const scriptOf = (kind: string, name: string) =>
  fileURLToPath(new URL(`../process/${kind}/${name}.mjs`, import.meta.url));

export async function runOnce(work: Work, side: string, messages: number): Promise<RunFigures> {
  const server = spawn(process.execPath, [scriptOf(work.kind, 'server')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(server.stdout);
  try {
    const origin = await nextLine(lines);
    const { delivered, perSecond, cpuMicros, mainCpuMicros } = await produce(work, side, { origin, messages });
    const served = nextLine(lines);
    server.stdin.end();
    check(work, { side, messages, delivered, served: JSON.parse(await served) as Served });
    return { perSecond, cpuMicros, mainCpuMicros };
  } finally {
    await ended(server);
  }
}

async function produce(
  work: Work,
  side: string,
  { origin, messages }: { readonly origin: string; readonly messages: number },
): Promise<Said> {
  const settings = JSON.stringify({ ...work, origin, count: messages });
  const child = spawn(process.execPath, [scriptOf(work.kind, side), settings], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const line = await nextLine(createInterface(child.stdout));
  const [code] = await exited;
  if (code !== 0) throw new Error(`${side} ended with code ${code}`);
  return JSON.parse(line) as Said;
}

interface Outcome {
  readonly side: string;
  readonly messages: number;
  readonly delivered: number;
  readonly served: Served;
}

/** Every message was answered, and the server has had each byte of them once. */
function check({ bytes, perRequest }: Work, { side, messages, delivered, served }: Outcome): void {
  if (delivered !== messages) throw new Error(`${side}: ${delivered} of ${messages} messages were delivered`);
  const separators = perRequest === 1 ? 0 : messages + served.requests;
  if (served.bytes !== messages * bytes + separators)
    throw new Error(`${side}: the server had ${served.bytes} bytes in ${served.requests} requests`);
}

function nextLine(lines: Interface): Promise<string> {
  return new Promise((resolve, reject) => {
    lines.once('line', resolve);
    lines.once('close', () => reject(new Error('a process of the bench ended without a result')));
  });
}

async function ended(server: ChildProcess): Promise<void> {
  server.stdin?.end();
  if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
}
