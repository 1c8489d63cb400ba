/** Runs rounds of a wire against processes of their own, and judges how each has ended. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Random } from '../chaos/random.ts';
import type { Account, Peer, Wire } from './wire.ts';

/** A process has met enough after so many mutations and ms since the first one. */
const ENOUGH = { mutations: 50, ms: 1500 };
/** Longest time in ms from the first mutation, and of a round that has none: a busy machine takes long to load a worker. */
const LONGEST_MS = { mutating: 6000, waiting: 20_000 };
const LOOK_MS = 50;
/** A run ends at its time, but for a few rounds more while nothing was mutated: of a rare kind all answers may be left as they are by chance. */
const MOST_IDLE = 5;
/** Most that `shutdown(2000)` may take, in ms, on a busy machine. */
const SHUTDOWN_MS = 12_000;
/** Longest time in ms from the end of its input to the end of a process, which waits up to 30 s for a worker that still loads. */
const HANG_MS = 60_000;
/** Most memory of a process: what an idle one has, the queue's 64 MiB, and what parsers hold of an answer. */
const MOST_MIB = 512;

export interface Plan {
  readonly seed: number;
  readonly minutes: number;
  /** Only this round. */
  readonly round?: number;
}

export interface Verdict {
  readonly rounds: number;
  readonly mutations: number;
  readonly mostMiB: number;
  readonly longestShutdownMs: number;
  /** Each with what repeats it. */
  readonly findings: readonly string[];
  /** Ends by faults of a library that are known. */
  readonly known: readonly string[];
}

interface RoundResult {
  readonly mutations: number;
  readonly account: Account | undefined;
  readonly problems: readonly string[];
  readonly known: readonly string[];
}

export async function fuzz(wire: Wire, { seed, minutes, round: only }: Plan): Promise<Verdict> {
  const end = performance.now() + minutes * 60_000;
  const results: RoundResult[] = [];
  const findings: string[] = [];
  const known: string[] = [];
  const isOver = () => performance.now() >= end && (results.length >= MOST_IDLE || mutationsOf(results) > 0);
  for (let round = only ?? 0; round === only || !isOver(); round++) {
    const result = await runRound(wire, new Random(seed, round));
    results.push(result);
    const repeatable = (text: string) => `${wire.name} --seed ${seed} --round ${round}: ${text}`;
    findings.push(...result.problems.map(repeatable));
    known.push(...result.known.map(repeatable));
    if (only !== undefined) break;
  }
  return {
    rounds: results.length,
    mutations: mutationsOf(results),
    mostMiB: Math.max(...results.map(({ account }) => account?.rssMiB ?? 0)),
    longestShutdownMs: Math.max(...results.map(({ account }) => account?.shutdownMs ?? 0)),
    findings,
    known,
  };
}

const mutationsOf = (results: readonly RoundResult[]): number =>
  results.reduce((sum, { mutations }) => sum + mutations, 0);

async function runRound(wire: Wire, random: Random): Promise<RoundResult> {
  const peer = await wire.peer(random);
  const script = fileURLToPath(new URL(`processes/${wire.process}.js`, import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(peer.settings)], { stdio: 'pipe' });
  try {
    const { ending, lines, problem } = await live(child, peer);
    const mutations = peer.mutations;
    if (ending !== 'code 0') return { mutations, account: undefined, ...blamed(peer, `${ending} ${lines.join(' ')}`) };
    const account = JSON.parse(lines.at(-1) ?? '{}') as Account;
    const found = problemsOf(account);
    const known = found.flatMap((text) => peer.known?.(text) ?? []);
    const problems = found.filter((text) => peer.known?.(text) === undefined);
    return { mutations, account, problems: [...problem, ...problems], known };
  } finally {
    child.kill('SIGKILL');
    await peer.stop();
  }
}

/** An end that is not in order. */
function blamed(peer: Peer, ending: string): Pick<RoundResult, 'problems' | 'known'> {
  const known = peer.known?.(ending);
  return known === undefined
    ? { problems: [`the process ended: ${ending}`], known: [] }
    : { problems: [], known: [known] };
}

function problemsOf({ wrong, rssMiB, shutdownMs }: Account): string[] {
  return [
    ...wrong,
    ...(rssMiB <= MOST_MIB ? [] : [`${rssMiB} MiB of memory`]),
    ...(shutdownMs < SHUTDOWN_MS ? [] : [`shutdown(2000) took ${shutdownMs} ms`]),
  ];
}

async function untilEnough(peer: Peer, signal: AbortSignal): Promise<void> {
  const waitUntil = async (isOver: (passedMs: number) => boolean) => {
    const begin = performance.now();
    while (!signal.aborted && !isOver(performance.now() - begin)) await sleep(LOOK_MS);
  };
  await waitUntil((ms) => peer.mutations > 0 || ms > LONGEST_MS.waiting);
  await waitUntil((ms) => (peer.mutations >= ENOUGH.mutations && ms > ENOUGH.ms) || ms > LONGEST_MS.mutating);
}

interface Life {
  /** `code 0`, `signal SIGSEGV`, `hang`. */
  readonly ending: string;
  readonly lines: readonly string[];
  /** What the peer has against the process. */
  readonly problem: readonly string[];
}

async function live(child: ChildProcess, peer: Peer): Promise<Life> {
  const lines: string[] = [];
  const ended = once(child, 'close').then(([code, signal]) => (signal === null ? `code ${code}` : `signal ${signal}`));
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      lines.push(line);
      resolve();
    });
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => lines.push(text.trim()));
  await Promise.race([ready, ended]);
  const over = new AbortController();
  void ended.then(() => over.abort());
  void untilEnough(peer, over.signal).then(() => over.abort());
  const problem = await peer.run(over.signal, Number(lines[0])).then(
    () => [],
    (error: Error) => [`${error.message}`],
  );
  child.stdin?.on('error', () => {}).end();
  const ending = await Promise.race([ended, sleep(HANG_MS, 'hang', { ref: false })]);
  return { ending, lines, problem };
}
