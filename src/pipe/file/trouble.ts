/** Retries what the system refuses temporarily, such as opening a file when too many are open. */

import { A_MINUTE, Repeats } from '../../shared/log/log-throttle.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Clock } from '../../shared/util/clock.ts';
import { systemCode } from '../../shared/util/system-code.ts';
import { retryPauseMs } from '../../worker/delivery/back-off.ts';

export interface TroubleContext {
  readonly source: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly stop: AbortSignal;
}

/** Codes that mean a configured path cannot be used. Any other error of the system counts as transient. */
const CONFIGURED = new Set([
  ...['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'ELOOP'],
  ...['EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'],
]);

const codeOf = (error: unknown): string => String(systemCode(error));

/** Whether an error comes from a system call, and not from this library. */
const isOfSystem = (error: unknown): error is NodeJS.ErrnoException => /^E[A-Z\d]+$/.test(codeOf(error));

/** Whether an error at the start may be transient, so that a retry can work without a change to the configuration. */
export const mayPass = (error: unknown): boolean => isOfSystem(error) && !CONFIGURED.has(codeOf(error));

/** Whether a path names nothing. Any other failure tells nothing about the path. */
export const isAbsence = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(error));

/** Reason of the line that ends a failure. It shares its limit with the failures, so the last line of both is the last event. */
const OVER = 'over';

export class Trouble {
  readonly #context: TroubleContext;
  readonly #doing: string;
  readonly #repeats: Repeats;
  #logged: string | undefined;
  #failures = 0;

  /** `doing` names the failing work in the log. */
  constructor(doing: string, context: TroubleContext) {
    this.#doing = doing;
    this.#context = context;
    this.#repeats = new Repeats(context.clock, context.stop, A_MINUTE);
  }

  /** Retries until the work succeeds. Undefined when it is stopped first. @throws any error that is not the system's */
  async outlast<T>(work: () => Promise<T>): Promise<T | undefined> {
    const { clock, stop } = this.#context;
    while (!stop.aborted) {
      try {
        const result = await work();
        this.over();
        return result;
      } catch (error) {
        this.report(error);
      }
      await clock.sleep(retryPauseMs(this.#failures), stop);
    }
    return undefined;
  }

  /**
   * Logs the first failure, and each with another code than the one before. Those that repeat share one line a minute.
   * @throws any error that is not the system's
   */
  report(error: unknown): void {
    if (!isOfSystem(error)) throw error;
    this.#failures++;
    const { source, logger } = this.#context;
    const code = codeOf(error);
    const text = `${this.#doing} failed (${code}): retrying`;
    if (code !== this.#logged)
      this.#repeats.say(code, (more) => logger.warn({ source, err: error.message, ...more }, text));
    this.#logged = code;
  }

  over(): void {
    const { source, logger } = this.#context;
    if (this.#failures > 0)
      this.#repeats.say(OVER, (more) => logger.info({ source, ...more }, `${this.#doing} works again`));
    this.#failures = 0;
    this.#logged = undefined;
  }
}
