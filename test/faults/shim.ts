/** Builds the library that lets a system call fail, tells it which one, and reads what it has seen. */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Call, ErrorName, Fault } from './fault.ts';
import type { Phase } from './processes/orders.ts';

export const SOURCE = fileURLToPath(new URL('shim.c', import.meta.url));
const COMPILER = 'g++';
const OPTIONS = ['-x', 'c', '-Wall', '-Wextra', '-Werror', '-O2', '-shared', '-fPIC'];

/** Why the library cannot be built or loaded here, in one line. */
export function missing(): string | undefined {
  if (process.platform !== 'linux') return 'only Linux has LD_PRELOAD as the library needs it';
  try {
    execFileSync(COMPILER, ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return `there is no ${COMPILER}`;
  }
}

/** Returns its path. */
export function build(directory: string): string {
  const library = join(directory, 'shim.so');
  execFileSync(COMPILER, [...OPTIONS, '-o', library, SOURCE, '-ldl']);
  return library;
}

export interface ShimOptions {
  readonly library: string;
  /** Where it writes down the calls. */
  readonly log: string;
  /** The directory whose files it names by their paths. */
  readonly root: string;
  readonly fault?: Fault | undefined;
}

/** As `shim.c` has it. */
const IN_PART = -1;
const numberOf = (error: ErrorName): number => (error === 'IN_PART' ? IN_PART : constants.errno[error]);

/** The environment of a process that it is loaded into. */
export const shimEnv = ({ library, log, root, fault }: ShimOptions): Record<string, string> => ({
  LD_PRELOAD: library,
  FAULTS_LOG: log,
  FAULTS_ROOT: root,
  ...(fault && {
    FAULTS_PHASE: fault.phase,
    FAULTS_CALL: fault.call,
    FAULTS_PLACE: fault.place,
    FAULTS_NTH: String(fault.nth),
    FAULTS_ERRNO: String(numberOf(fault.error)),
  }),
});

export interface SeenCall extends Call {
  readonly failed: boolean;
}

/** All calls, in their order. */
export function seenCalls(log: string): SeenCall[] {
  if (!existsSync(log)) return [];
  const lines = readFileSync(log, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => {
    const [phase, call = '', place = '', error] = line.split(' ');
    return { phase: phase as Phase, call, place, failed: error !== undefined };
  });
}
