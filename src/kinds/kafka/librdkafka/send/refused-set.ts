/**
 * Holds the reports of a set that a broker has refused for its content, until all of them have been read. Only then is it known
 * whether the broker has named the bad messages. librdkafka reports a set in one event (`rd_kafka_dr_msgq0`, 2.12):
 *
 *   named by the broker   codes of the reports
 *   several               INVALID_RECORD for the named ones, whatever the set was refused for; a bystander's code for the others
 *   one or none           the code of the set for all of them
 */

import { isBystander, isOfContent } from '../../errors/errors.ts';
import type { Report } from '../../partitions/channel.ts';

export class RefusedSet<R extends Report> {
  #reports: R[] = [];

  get isEmpty(): boolean {
    return this.#reports.length === 0;
  }

  /** Holds the report. Returns false if it is of another kind and need not wait. */
  hold(report: R): boolean {
    if (!isOfContent(report.code) && !isBystander(report.code)) return false;
    this.#reports.push({ ...report });
    return true;
  }

  /** Passes on the reports of a complete set. `code` is the code of its event, for which the set was refused. */
  release(code: number, take: (report: R) => void): void {
    const reports = this.#reports;
    this.#reports = [];
    const hasBystanders = reports.some(({ code }) => isBystander(code));
    for (const report of reports)
      take(hasBystanders && !isBystander(report.code) ? { ...report, code, isNamed: true } : report);
  }
}
