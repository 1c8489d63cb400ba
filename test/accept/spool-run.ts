/** A broker and a producer with a spool, each in a process of its own, and an eye on what the producer says and holds. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type MemoryWatch, watchMemory } from '../../bench/anonymous-memory.ts';
import { firstLine, scriptOf } from '../../bench/run-side.ts';

export interface Said {
  readonly phase: string;
  /** Milliseconds since the producer's process began. */
  readonly at: number;
  readonly accepted: number;
  readonly recovered: number;
  readonly delivered: number;
  readonly pending: number;
}

export interface SpoolRun {
  readonly directory: string;
  broker(line: 'down' | 'up'): void;
  /** Starts the producer. */
  start(mode: 'restart' | 'outage', count: number): Started;
}

export interface Started {
  readonly memory: MemoryWatch;
  /** Another watch, from now on. */
  watch(): MemoryWatch;
  said(phase: string): Promise<Said>;
  goOn(): void;
}

const SCRIPT = fileURLToPath(new URL('spool-process.mjs', import.meta.url));

/** Everything that was started or written is gone when it resolves. */
export async function withSpool<T>(use: (run: SpoolRun) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'outspool-accept-'));
  const broker = spawn(process.execPath, [scriptOf('broker')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const brokerEnded = once(broker, 'exit');
  const children: ChildProcess[] = [];
  try {
    const bootstrapServers = await firstLine(broker);
    return await use({
      directory,
      broker: (line) => void broker.stdin.write(`${line}\n`),
      start: (mode, count) => {
        const settings = JSON.stringify({ mode, bootstrapServers, directory, count });
        const child = spawn(process.execPath, [SCRIPT, settings], { stdio: ['pipe', 'pipe', 'inherit'] });
        children.push(child);
        return listen(child);
      },
    });
  } finally {
    for (const child of children) child.kill('SIGKILL');
    broker.stdin.end();
    await brokerEnded;
    rmSync(directory, { recursive: true, force: true });
  }
}

function listen(child: ReturnType<typeof spawn>): Started {
  const said = new Map<string, Said>();
  let heard: () => void = () => {};
  let ended = false;
  createInterface(child.stdout as NodeJS.ReadableStream).on('line', (line) => {
    const one = JSON.parse(line) as Said;
    said.set(one.phase, one);
    heard();
  });
  child.once('exit', () => {
    ended = true;
    heard();
  });
  const watch = () => watchMemory(child.pid as number);
  const untilSaid = async (phase: string) => {
    while (!said.has(phase) && !ended)
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    const one = said.get(phase);
    if (one === undefined) throw new Error(`the producer ended without having ${phase}`);
    return one;
  };
  return { memory: watch(), watch, said: untilSaid, goOn: () => void child.stdin?.write('\n') };
}
