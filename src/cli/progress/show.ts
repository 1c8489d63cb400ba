/** Decides whether a command shows its progress, and shows it while the command works. */

import type { Stats } from '../../caller/stats.ts';
import type { LoadedProducer } from '../../config/load.ts';
import type { Reading } from './line.ts';
import { Progress } from './progress.ts';

/** Flags and surroundings that decide. */
export interface ProgressFlags {
  /** False with `--no-progress`. */
  readonly progress?: boolean;
  readonly json?: boolean;
}

export interface Watched extends ProgressFlags {
  readonly title: string;
  read(): Reading;
  /** The producers that run. One that writes to the terminal itself would be torn by the line. @default none */
  readonly definitions?: readonly Pick<LoadedProducer, 'kind'>[];
  /** Whether the messages are typed. @default false */
  readonly isTyped?: boolean;
}

interface Surroundings {
  readonly stderr: { readonly isTTY?: boolean };
  readonly stdout: { readonly isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
}

export function isShown(
  { progress = true, json = false, definitions = [], isTyped = false }: Omit<Watched, 'title' | 'read'>,
  { stderr, stdout, env }: Surroundings = process,
): boolean {
  if (!progress || json || isTyped || !stderr.isTTY) return false;
  if (env.TERM === 'dumb' || isSet(env.CI)) return false;
  return !(stdout.isTTY && definitions.some(({ kind }) => kind === 'stdout'));
}

/** Variables such as `CI` and `NO_COLOR` are in effect unless they are empty. */
const isSet = (value: string | undefined): boolean => value !== undefined && value !== '';

/** Shows the progress while `work` runs, if it is to be shown at all. */
export async function withProgress<T>(watched: Watched, work: () => Promise<T>): Promise<T> {
  if (!isShown(watched)) return work();
  const { title } = watched;
  const progress = new Progress({ title, read: () => watched.read(), hasColors: !isSet(process.env.NO_COLOR) });
  try {
    return await work();
  } finally {
    progress.end();
  }
}

type Delivering = Iterable<{ stats(): Stats }>;

/** Sums what producers have done. With `total` messages in all, the end is known. */
export function deliveries(producers: Delivering, total?: number): Reading {
  const sum = { done: 0, failed: 0, buffered: 0 };
  for (const producer of producers) {
    const { delivered, deadLettered, dropped, undelivered, expired, pending } = producer.stats();
    sum.done += delivered;
    sum.failed += deadLettered + dropped + undelivered + expired;
    sum.buffered += pending;
  }
  return total === undefined ? sum : { ...sum, share: Math.min(1, (sum.done + sum.failed) / Math.max(1, total)) };
}
