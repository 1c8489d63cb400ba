/** Counts and logs the messages of one route that a fallback gets because a producer before it does not accept them. */

import { asError } from '../shared/errors.ts';
import { LimitedLog } from '../shared/log/limited-log.ts';
import { A_MINUTE } from '../shared/log/log-throttle.ts';
import type { Logger } from '../shared/log/logger.ts';
import { systemClock } from '../shared/util/clock.ts';

/** A message passes `producer`, which does not accept it because of `error`, and goes to `fallback`. */
export interface Passing {
  readonly producer: { readonly name: string };
  readonly fallback: { readonly name: string };
  readonly error: unknown;
}

export class FallbackUse {
  readonly #route: string;
  readonly #log: LimitedLog;
  readonly #ended = new AbortController();
  #count = 0;

  /** `logger` is called when the first line is written. */
  constructor(route: string, logger: () => Logger) {
    this.#route = route;
    const write: LimitedLog['write'] = (level, ...line) => logger()[level](...line);
    this.#log = new LimitedLog(write, systemClock, this.#ended.signal, A_MINUTE);
  }

  /** Number of messages so far. */
  get count(): number {
    return this.#count;
  }

  passed({ producer, fallback, error }: Passing): void {
    this.#count++;
    const fields = {
      producer: producer.name,
      fallback: fallback.name,
      route: this.#route,
      err: asError(error).message,
    };
    this.#log.write('warn', fields, 'a fallback gets messages that the producer does not accept');
  }

  /** Logs what waits for the end of an interval. */
  end(): void {
    this.#ended.abort();
  }
}
