/** Walks through faults: a victim's life for each, some at once, and the figures of all. */

import { type Fault, textOf } from './fault.ts';
import { type Complaint, type ComplaintKind, judge } from './judge.ts';
import { type Evidence, live } from './life.ts';
import { planOf } from './plan.ts';
import { directorySyncs } from './syncs.ts';
import type { World } from './world.ts';

export interface Step {
  readonly fault: Fault;
  /** Whether the call was made, and failed. */
  readonly reached: boolean;
  readonly complaints: readonly Complaint[];
  readonly evidence: Evidence;
}

export interface WalkOptions {
  /** Victims at once. */
  readonly jobs: number;
  /** Told of each step when it has been taken. */
  readonly onStep?: (step: Step) => void;
}

const RECORDINGS = 3;

/** All faults of a life, by some lives without any. @throws Error when something is wrong with one of those */
export async function record(world: World): Promise<Fault[]> {
  const lives: Evidence[] = [];
  for (let life = 0; life < RECORDINGS; life++) {
    const evidence = await live(world);
    const [complaint] = judge(evidence);
    if (complaint) throw new Error(`without a fault: ${complaint.kind}: ${complaint.text}\n${evidence.log}`);
    lives.push(evidence);
  }
  return planOf(lives.map(({ calls }) => calls));
}

export async function walk(world: World, faults: readonly Fault[], { jobs, onStep }: WalkOptions): Promise<Step[]> {
  const steps: Step[] = [];
  const left = [...faults];
  const next = async (): Promise<void> => {
    for (let fault = left.shift(); fault !== undefined; fault = left.shift()) {
      const step = await take(world, fault);
      steps.push(step);
      onStep?.(step);
    }
  };
  await Promise.all(Array.from({ length: jobs }, next));
  return steps;
}

/** Lives differ: a call that was not made, and a deadline that was missed, get a second one. */
async function take(world: World, fault: Fault): Promise<Step> {
  const step = await once(world, fault);
  const isLate = step.complaints.some(({ kind }) => kind === 'late shutdown');
  return step.reached && !isLate ? step : once(world, fault);
}

async function once(world: World, fault: Fault): Promise<Step> {
  const evidence = await live(world, fault);
  const reached = evidence.calls.some(({ failed }) => failed);
  return { fault, reached, complaints: judge(evidence), evidence };
}

export interface Figures {
  readonly faults: number;
  readonly calls: number;
  readonly errors: number;
  readonly phases: number;
  readonly notReached: number;
  readonly complaints: Readonly<Partial<Record<ComplaintKind, number>>>;
  /** Syncs of directories in all lives. */
  readonly directorySyncs: number;
  readonly seconds: number;
}

export function figuresOf(steps: readonly Step[], seconds: number): Figures {
  const distinct = (of: (fault: Fault) => string) => new Set(steps.map(({ fault }) => of(fault))).size;
  const complaints: Partial<Record<ComplaintKind, number>> = {
    'host ended': 0,
    'wrong counters': 0,
    lost: 0,
    'late shutdown': 0,
  };
  for (const step of steps)
    for (const kind of new Set(step.complaints.map((complaint) => complaint.kind)))
      complaints[kind] = (complaints[kind] ?? 0) + 1;
  return {
    faults: steps.length,
    calls: distinct(({ call, place }) => `${call} ${place}`),
    errors: distinct(({ error }) => error),
    phases: distinct(({ phase }) => phase),
    notReached: steps.filter(({ reached }) => !reached).length,
    complaints,
    directorySyncs: steps.reduce((sum, { evidence }) => sum + directorySyncs(evidence.calls), 0),
    seconds,
  };
}

const LOG_LINES = 12;

const LOG_COLUMNS = 240;

/** What was wrong with a step, and how to take it again. */
export function describe({ fault, complaints, evidence }: Step): string {
  const lines = evidence.log
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('debug'));
  const log = lines
    .slice(-LOG_LINES)
    .map((line) => line.slice(0, LOG_COLUMNS))
    .join('\n    ');
  const wrong = [...new Set(complaints.map(({ kind, text }) => `  ${kind}: ${text}`))].join('\n');
  return `${textOf(fault)}\n${wrong}\n  repeat it with: npm run faults -- --only '${textOf(fault)}'\n    ${log}`;
}
