/** Runs a producer in a process of its own, to see how that ends. */

import { spawn } from 'node:child_process';
import { extname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { ContractSubject } from './subject.ts';

/** From the sources the script is TypeScript, from the built package JavaScript. */
const SCRIPT = fileURLToPath(new URL(`./child${extname(import.meta.url)}`, import.meta.url));
/** Less than the 30 s that a connection or a timer of its own would often hold it. */
const KILL_AFTER_MS = 25_000;

export interface EndedChild {
  /** Null when it had to be killed, or ended by a signal. */
  readonly code: number | null;
  /** What it said that became of its messages; undefined when it said nothing. */
  readonly answer: Readonly<Record<string, unknown>> | undefined;
  readonly stderr: string;
}

export async function inAnotherProcess(
  { producer }: ContractSubject,
  order: { readonly mode: 'sends' | 'idles'; readonly topic: string },
): Promise<EndedChild> {
  const Class = producer.constructor as { readonly name: string; readonly module?: string };
  const source = { module: Class.module, className: Class.name, config: producer.config };
  // With the flags of this process: it may be TypeScript that is loaded.
  const child = spawn(process.execPath, [...process.execArgv, SCRIPT], {
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    timeout: KILL_AFTER_MS,
    killSignal: 'SIGKILL',
  });
  const [stdin, , stderr, answer] = child.stdio as unknown as [Writable, null, Readable, Readable];
  stdin.on('error', () => {}); // it may end before it has read its order
  stdin.end(JSON.stringify({ ...order, source }));
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [said, complained, code] = await Promise.all([text(answer), text(stderr), ended]);
  return { code, answer: said === '' ? undefined : JSON.parse(said), stderr: complained };
}
