/** Runs many small jobs in order without holding up the event loop. */

import { callApart } from './uncaught.ts';

/** Maximum number of jobs in one turn of the event loop. Each may settle a promise that a caller awaits, which takes some 10 µs. */
export const JOBS_A_TURN = 256;

/** A job is an object and no function, because a hundred thousand jobs queued in one turn would be as many closures. */
export interface Job {
  run(): void;
}

export class Pacer {
  readonly #jobs: Job[] = [];
  /** How many more jobs may run before the next turn of the event loop. */
  #left = JOBS_A_TURN;

  /** Runs the job at once, or in a later turn of the event loop when enough jobs have run in this one. */
  run(job: Job): void {
    if (this.#left === 0) {
      this.#jobs.push(job);
      return;
    }
    this.#spend(1);
    job.run();
  }

  /** Counts jobs. Only the last job of a turn asks for the next turn, so that few jobs cost no more than a counter. */
  #spend(jobs: number): void {
    this.#left -= jobs;
    if (this.#left === 0) setImmediate(() => this.#turn());
  }

  #turn(): void {
    const jobs = this.#jobs.splice(0, JOBS_A_TURN);
    this.#left = JOBS_A_TURN;
    this.#spend(jobs.length);
    for (const job of jobs) callApart(() => job.run());
  }
}
