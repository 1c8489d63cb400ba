/** Runs a producer in a child process, and reports how that process ends. */

import { spawn } from 'node:child_process';
import { extname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { ContractSubject } from './subject.ts';

/** Path of the script, which is TypeScript among the sources and JavaScript in the built package. */
const SCRIPT = fileURLToPath(new URL(`./child${extname(import.meta.url)}`, import.meta.url));
/** Time, in ms, after which the child is killed, below the 30 s for which a connection or a timer often holds a process. */
const KILL_AFTER_MS = 25_000;

export interface EndedChild {
  /** Exit code. Null when the child was killed, or ended by a signal. */
  readonly code: number | null;
  /** The child's report about its messages. Undefined when it reported nothing. */
  readonly answer: Readonly<Record<string, unknown>> | undefined;
  readonly stderr: string;
}

export async function inAnotherProcess(
  { producer }: ContractSubject,
  order: { readonly mode: 'sends' | 'idles'; readonly topic: string },
): Promise<EndedChild> {
  const Class = producer.constructor as { readonly name: string; readonly module?: string };
  const source = { module: Class.module, className: Class.name, config: producer.config };
  // With the flags of this process, because the child may load TypeScript.
  const child = spawn(process.execPath, [...process.execArgv, SCRIPT], {
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    timeout: KILL_AFTER_MS,
    killSignal: 'SIGKILL',
  });
  const [stdin, , stderr, answer] = child.stdio as unknown as [Writable, null, Readable, Readable];
  stdin.on('error', () => {}); // the child may end before it has read its order
  stdin.end(JSON.stringify({ ...order, source }));
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [said, complained, code] = await Promise.all([text(answer), text(stderr), ended]);
  return { code, answer: said === '' ? undefined : JSON.parse(said), stderr: complained };
}
