/** The run: so many rounds, then a last process in peace, then the reckoning. */

import { readFileSync } from 'node:fs';
import { audit, readDeadLetters, type Verdict } from './audit.ts';
import type { BrokerKind } from './broker.ts';
import { BREAKING, PHASES, type Plan, planOf } from './plan.ts';
import { PER_ROUND } from './processes/orders.ts';
import { NOT_REACHED, runLast, runRound, type Seen } from './round.ts';
import { MUTANTS, type MutantName } from './snapshot.ts';
import { World } from './world.ts';

export interface ChaosOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly broker?: BrokerKind;
  readonly mutant?: MutantName | undefined;
  /** Told of each round, and of what cannot be done here. */
  readonly say?: (line: string) => void;
}

export interface ChaosResult extends Omit<Verdict, 'lostIds' | 'overtaken'> {
  readonly ok: boolean;
  readonly rounds: number;
  readonly seed: number;
  /** How many processes died in each phase, by their own word. */
  readonly phases: Readonly<Record<string, number>>;
  /** The same, for each point of a phase. */
  readonly points: Readonly<Record<string, number>>;
  readonly disturbances: Readonly<Record<string, number>>;
  /** Rounds in which a process ended by itself. */
  readonly crashes: number;
  /** How the last process ended, which is left alone: 0 = it was through. */
  readonly lastEnded: Seen['ended'];
  readonly seconds: number;
}

export async function chaos(options: ChaosOptions): Promise<ChaosResult> {
  const { broker = 'embedded', mutant, say = () => {} } = options;
  const begin = performance.now();
  const world = await World.create({ broker, mutant: mutant && MUTANTS[mutant] });
  if (world.disk.missing !== undefined) say(`skipped: full disk: ${world.disk.missing}`);
  let ok = false;
  try {
    const run = await Run.of(world, options);
    const result = run.result(options, Math.round(performance.now() - begin) / 1000);
    ok = result.ok;
    return result;
  } finally {
    await world.end();
    if (ok || mutant !== undefined) world.remove();
    else say(`what is left of it: ${world.directory}`);
  }
}

/** Of complaints: there may be thousands that say the same. */
const MOST_LINES = 20;

interface Round {
  readonly plan: Plan;
  readonly seen: Seen;
}

class Run {
  readonly #rounds: Round[] = [];
  readonly #last: Seen;
  readonly #verdict: Verdict;

  private constructor(rounds: Round[], last: Seen, verdict: Verdict) {
    this.#rounds = rounds;
    this.#last = last;
    this.#verdict = verdict;
  }

  static async of(world: World, { rounds, seed, say = () => {} }: ChaosOptions): Promise<Run> {
    const done: Round[] = [];
    for (let round = 0; round < rounds; round++) {
      const plan = planOf(seed, round);
      const seen = await runRound(world, plan);
      done.push({ plan, seen });
      say(describe(plan, seen));
      if (!isKilled(seen)) say(`round ${round} ended with ${seen.ended}; ${repeat(seed, round)}\n${tail(world)}`);
    }
    // A round may end before the point at which it was to be killed: its first pass is reached sooner.
    const again = done.filter(({ seen }) => seen.point === NOT_REACHED).map(({ plan }) => plan);
    for (const [index, plan] of again.entries()) {
      const earlier = { ...plan, round: rounds + index, kill: { ...plan.kill, nth: 1 } };
      const seen = await runRound(world, earlier);
      done.push({ plan: earlier, seen });
      say(`${describe(earlier, seen)} (round ${plan.round} again, at the first pass)`);
    }
    const last = await runLast(world, planOf(seed, rounds + again.length));
    await world.consumed();
    const verdict = reckon(world, done);
    const run = new Run(done, last, verdict);
    for (const line of run.#failures(seed)) say(line);
    return run;
  }

  /** The rounds that something is wrong with, each with what repeats it. */
  #failures(seed: number): string[] {
    const { lostIds, overtaken, complaints } = this.#verdict;
    const rounds = new Set(lostIds.map((id) => Math.floor(id / PER_ROUND)));
    const lost = [...rounds].map((round) => {
      const ids = lostIds.filter((id) => Math.floor(id / PER_ROUND) === round);
      return `round ${round}: lost ${ids.length}, the first is ${ids[0]}; ${repeat(seed, round)}`;
    });
    return [
      ...lost,
      ...overtaken.slice(0, MOST_LINES).map(({ id, text }) => `${text}; ${repeat(seed, Math.floor(id / PER_ROUND))}`),
      ...complaints.slice(0, MOST_LINES),
      ...(complaints.length > 0 ? [repeat(seed, this.#rounds.length - 1)] : []),
    ];
  }

  result({ rounds, seed }: ChaosOptions, seconds: number): ChaosResult {
    const { lostIds: _lostIds, overtaken: _overtaken, ...verdict } = this.#verdict;
    const crashes = this.#rounds.filter(({ seen }) => !isKilled(seen)).length + (this.#last.ended === 0 ? 0 : 1);
    const { lost, unaccounted, disordered } = verdict;
    return {
      ok: lost + unaccounted + disordered + crashes === 0,
      ...verdict,
      complaints: verdict.complaints.slice(0, MOST_LINES),
      crashes,
      lastEnded: this.#last.ended,
      phases: this.#phases(),
      points: this.#points(),
      disturbances: this.#disturbances(),
      seconds,
      rounds,
      seed,
    };
  }

  #phases(): Record<string, number> {
    return countOf(
      this.#rounds.map(({ seen }) => phaseOf(seen)),
      Object.keys(PHASES),
    );
  }

  #points(): Record<string, number> {
    const all = Object.entries(PHASES).flatMap(([phase, { variants }]) =>
      variants.map((variant) => `${phase}/${variant}`),
    );
    return countOf(
      this.#rounds.map(({ seen }) => seen.point),
      all,
    );
  }

  #disturbances(): Record<string, number> {
    return countOf(this.#rounds.flatMap(({ seen }) => seen.disturbances));
  }
}

const phaseOf = ({ point }: Seen): string => point.split('/', 1)[0] as string;

/** How often each occurs; names that never did have 0. */
function countOf(found: readonly string[], names: readonly string[] = []): Record<string, number> {
  const counts: Record<string, number> = Object.fromEntries(names.map((name) => [name, 0]));
  for (const name of found) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

const isKilled = ({ ended }: Seen): boolean => ended === 'SIGKILL';

const isBreaking = (disturbance: string): boolean => BREAKING.includes(disturbance);

function describe({ round, kill }: Plan, { point, disturbances }: Seen): string {
  const where = point === NOT_REACHED ? `${point}: ${kill.phase}/${kill.variant}` : point;
  return [`round ${round}: ${where}`, ...disturbances].join(', ');
}

const repeat = (seed: number, round: number): string =>
  `repeat it with: npm run chaos -- --seed ${seed} --rounds ${round + 1}`;

const TAIL = 20;

const tail = ({ logPath }: World): string => readFileSync(logPath, 'utf8').split('\n').slice(-TAIL).join('\n');

function reckon(world: World, rounds: readonly Round[]): Verdict {
  const { ledger, arrivals, sends, withdrawn, books, outcome, broker } = world;
  return audit({
    accepted: ledger.read(),
    arrivals,
    letters: readDeadLetters(world.letters),
    sends,
    withdrawn,
    books: [...books],
    outcome,
    killedIn: (round) => rounds[round]?.seen.point ?? 'nobody',
    isBlind: (round) => !broker.checksSequences && rounds[round]?.seen.disturbances.some(isBreaking) === true,
  });
}
