/** What is done to a producer in each round: a function of seed and round alone, so that a failing round can be repeated. */

import type { KillOrder } from './processes/orders.ts';
import { Random } from './random.ts';

interface Phase {
  readonly variants: readonly string[];
  /** At which time that the point is passed: from 1 to this. */
  readonly mostPasses: number;
  readonly mostAfterMs?: number;
}

/** From outside: the harness kills it at some moment. All others kill themselves at exactly that point. */
export const OUTSIDE = 'any moment';

/** The phases of a message's life in which its process dies, and those of the process's own. */
export const PHASES: Readonly<Record<string, Phase>> = {
  encoding: { variants: ['value'], mostPasses: 800 },
  'spool write': { variants: ['before', 'torn', 'after', 'syncing', 'synced'], mostPasses: 20 },
  leased: { variants: ['batch'], mostPasses: 20 },
  'in flight': { variants: ['batch'], mostPasses: 10, mostAfterMs: 6 },
  settling: {
    variants: ['untold', 'marked', 'log before', 'log torn', 'log after', 'segment settled', 'segment removed'],
    mostPasses: 4,
  },
  recovery: { variants: ['log written', 'log renamed', 'opened'], mostPasses: 1 },
  shutdown: { variants: ['under load'], mostPasses: 1, mostAfterMs: 60 },
  [OUTSIDE]: { variants: ['from outside'], mostPasses: 1, mostAfterMs: 500 },
};

export const DISTURBANCES = ['cut', 'delay', 'half-close', 'stall', 'broker down', 'full disk'] as const;
export type Disturbance = (typeof DISTURBANCES)[number];

/** What breaks connections in the middle of a request. */
export const BREAKING: readonly string[] = ['cut', 'half-close', 'stall', 'broker down'] satisfies Disturbance[];

export interface Plan {
  readonly round: number;
  readonly kill: KillOrder;
  readonly armMs: number;
  readonly disturbance: Disturbance | undefined;
  /** From the first accepted message on. */
  readonly disturbAfterMs: number;
  readonly disturbForMs: number;
  readonly workerExitAt: number;
  readonly clockJumpMs: number;
  readonly window: number;
  readonly poisonEvery: number;
  readonly produceEvery: number;
  readonly maxMessages: number;
  readonly spoolBytes: string;
}

const NAMES = Object.keys(PHASES);
const HOUR_MS = 3_600_000;

export function planOf(seed: number, round: number): Plan {
  const random = new Random(seed, round);
  const kill = killIn(phaseOf(seed, round), random);
  // Segments end only where much is written and they are small.
  const manySegments = kill.variant.startsWith('segment');
  return {
    round,
    kill: manySegments ? { ...kill, nth: 1 } : kill,
    armMs: random.whole(0, 150),
    disturbance: random.chance(0.5) ? random.pick(DISTURBANCES) : undefined,
    disturbAfterMs: random.whole(0, 80),
    disturbForMs: random.whole(30, 250),
    workerExitAt: random.chance(0.2) ? random.whole(1, 6) : 0,
    clockJumpMs: random.chance(0.2) ? random.pick([-HOUR_MS, HOUR_MS]) : 0,
    window: manySegments ? 256 : random.pick([16, 64, 256]),
    poisonEvery: random.pick([0, 50, 200]),
    produceEvery: random.pick([0, 5]),
    maxMessages: random.pick([500, 20_000]),
    spoolBytes: manySegments ? '1MiB' : random.pick(['1MiB', '1MiB', '16MiB']),
  };
}

/** Each phase comes once before any comes again. */
function phaseOf(seed: number, round: number): string {
  const order = new Random(seed, -1 - Math.floor(round / NAMES.length)).shuffled(NAMES);
  return order[round % NAMES.length] as string;
}

function killIn(phase: string, random: Random): KillOrder {
  const { variants, mostPasses, mostAfterMs = 0 } = PHASES[phase] as Phase;
  return {
    phase,
    variant: random.pick(variants),
    nth: random.whole(1, mostPasses),
    afterMs: random.whole(0, mostAfterMs),
  };
}
