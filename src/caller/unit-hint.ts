/** Warns, once, of a duration that its caller may have meant in seconds. For example, `flush(30)` waits for 30 ms. */

import type { Logger } from '../shared/log/logger.ts';
import { DOUBTFUL_MS, type DurationInput } from './wait-options.ts';

export class UnitHint {
  readonly #logger: () => Logger;
  readonly #fields: () => Readonly<Record<string, unknown>>;
  #isGiven = false;

  constructor(logger: () => Logger, fields: () => Readonly<Record<string, unknown>> = () => ({})) {
    this.#logger = logger;
    this.#fields = fields;
  }

  /** Checks a duration; `what` is the call or its option, such as `flush`. 0 means "not at all" in any unit, so it is not reported. */
  consider(what: string, value: DurationInput | undefined): void {
    if (this.#isGiven || typeof value !== 'number' || !(value > 0 && value < DOUBTFUL_MS)) return;
    this.#isGiven = true;
    this.#logger().warn(
      { ...this.#fields(), [what]: value },
      `${what}: ${value} means milliseconds; write '${value}s' if seconds were meant, or '${value}ms' to say so`,
    );
  }
}
