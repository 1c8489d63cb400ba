/**
 * The reports of a set that a broker has refused for what is in it, held until all of them have been read: only then does it show
 * whether the broker has named the bad messages. librdkafka reports a set in one event. Where several are named, the others have the
 * code of a bystander, and they have INVALID_RECORD, whatever the set was refused for; where one is named or none, all have the code of
 * the set (`rd_kafka_dr_msgq0`, 2.12).
 */

import { isBystander, isOfContent } from '../../errors/errors.ts';
import type { Report } from '../../lanes/channel.ts';

export class RefusedSet<R extends Report> {
  #reports: R[] = [];

  get isEmpty(): boolean {
    return this.#reports.length === 0;
  }

  /** Returns false where the report is of another kind, and need not wait. */
  hold(report: R): boolean {
    if (!isOfContent(report.code) && !isBystander(report.code)) return false;
    this.#reports.push({ ...report });
    return true;
  }

  /** The set is complete, and was refused with `code`, which its event has. */
  release(code: number, take: (report: R) => void): void {
    const reports = this.#reports;
    this.#reports = [];
    const hasBystanders = reports.some(({ code }) => isBystander(code));
    for (const report of reports)
      take(hasBystanders && !isBystander(report.code) ? { ...report, code, isNamed: true } : report);
  }
}
