/** Retries what the system refuses temporarily, such as opening a file when too many are open. */

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

export class Trouble {
  readonly #context: TroubleContext;
  readonly #doing: string;
  #logged: string | undefined;
  #failures = 0;

  /** `doing` names the failing work in the log. */
  constructor(doing: string, context: TroubleContext) {
    this.#doing = doing;
    this.#context = context;
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

  /** Logs the first failure, and each with another code than the one before. @throws any error that is not the system's */
  report(error: unknown): void {
    if (!isOfSystem(error)) throw error;
    this.#failures++;
    const { source, logger } = this.#context;
    const code = codeOf(error);
    if (code !== this.#logged) logger.warn({ source, err: error.message }, `${this.#doing} failed (${code}): retrying`);
    this.#logged = code;
  }

  over(): void {
    const { source, logger } = this.#context;
    if (this.#failures > 0) logger.info({ source }, `${this.#doing} works again`);
    this.#failures = 0;
    this.#logged = undefined;
  }
}
