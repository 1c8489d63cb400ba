/** Retries what the system refuses for a moment, such as a file that cannot be opened because too many are. */

import type { Logger } from '../../shared/log/logger.ts';
import type { Clock } from '../../shared/util/clock.ts';
import { systemCode } from '../../shared/util/system-code.ts';
import { retryPauseMs } from '../../worker/delivery/back-off.ts';

export interface TroubleContext {
  readonly source: string;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Ends the retries. */
  readonly stop: AbortSignal;
}

/** The configuration names a place that cannot be used. Any other error of the system may pass. */
const CONFIGURED = new Set([
  ...['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'ELOOP'],
  ...['EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'],
]);

const codeOf = (error: unknown): string => String(systemCode(error));

/** An error of a system call, as opposed to one of ours. */
const isOfSystem = (error: unknown): error is NodeJS.ErrnoException => /^E[A-Z\d]+$/.test(codeOf(error));

/** Whether an error at the start may be gone at the next attempt, without a change to the configuration. */
export const mayPass = (error: unknown): boolean => isOfSystem(error) && !CONFIGURED.has(codeOf(error));

/** Whether a path names nothing. Any other failure says nothing about what is there. */
export const isAbsence = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(error));

export class Trouble {
  readonly #context: TroubleContext;
  readonly #doing: string;
  /** The code that was logged last, while it lasts. */
  #logged: string | undefined;
  #failures = 0;

  /** `doing` says in the log what fails. */
  constructor(doing: string, context: TroubleContext) {
    this.#doing = doing;
    this.#context = context;
  }

  /** Retries until it works. Resolves with undefined when it was stopped before. @throws what is no error of the system */
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

  /** Logs the first failure, and each that has another reason than the one before. @throws what is no error of the system */
  report(error: unknown): void {
    if (!isOfSystem(error)) throw error;
    this.#failures++;
    const { source, logger } = this.#context;
    const code = codeOf(error);
    if (code !== this.#logged) logger.warn({ source, err: error.message }, `${this.#doing} failed (${code}): retrying`);
    this.#logged = code;
  }

  /** It works again. */
  over(): void {
    const { source, logger } = this.#context;
    if (this.#failures > 0) logger.info({ source }, `${this.#doing} works again`);
    this.#failures = 0;
    this.#logged = undefined;
  }
}
