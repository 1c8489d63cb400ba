/** One call that fails, as a value and as the text that repeats it. */

import type { constants } from 'node:os';
import { PHASES, type Phase } from './processes/orders.ts';

/** The name of the error; IN_PART: none, but only a part of what was to be read or written. */
export type ErrorName = keyof typeof constants.errno | 'IN_PART';

/** What a call is: its phase, its name, and what it is for, as the shim writes them down. */
export interface Call {
  readonly phase: Phase;
  readonly call: string;
  /** `caller:target`. */
  readonly place: string;
}

export interface Fault extends Call {
  readonly error: ErrorName;
  /** Which of these calls, from 1 on. */
  readonly nth: number;
}

export const textOf = ({ phase, call, place, error, nth }: Fault): string => [phase, call, place, error, nth].join(' ');

/** @throws Error when it is none */
export function faultOf(text: string): Fault {
  const [phase, call, place, error, nth] = text.split(' ');
  if (!PHASES.includes(phase as Phase) || !call || !place || !error || !(Number(nth) > 0))
    throw new Error(`expected a phase, call, place, error and number, got: ${text}`);
  return { phase: phase as Phase, call, place, error: error as ErrorName, nth: Number(nth) };
}
