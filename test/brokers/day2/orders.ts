/** What a producer's process is told: an argument of JSON. `java/Day2Producer.java` reads the same. */

import type { Config } from './kinds.ts';
import type { Plan } from './plan.ts';

export interface Orders {
  readonly config: Config;
  /** The properties of the Java producer. */
  readonly java: Readonly<Record<string, string>>;
  readonly plan: Plan;
  /** Messages a second. */
  readonly rate: number;
  /** How long it may take at the end until everything has settled. */
  readonly drainMs: number;
}
