/** The rows of `produce top`: figures of one moment, and rates since the moment before. */

import type { Asked, ProducerFigures, Status } from './status.ts';

export interface Row {
  readonly process: string;
  readonly producer: string;
  readonly kind: string;
  readonly state: string;
  /** Accepted and delivered messages a second; null until there are two samples of the same process. */
  readonly inRate: number | null;
  readonly outRate: number | null;
  readonly delivered: number;
  readonly failed: number;
  readonly pending: number;
  /** How full the memory of the queue and the spool are, in percent; null without a spool. */
  readonly queuePercent: number;
  readonly spoolPercent: number | null;
  readonly oldestMs: number | null;
  readonly blockedBy: string | null;
}

/** A process that has no figures. */
export interface Away {
  readonly process: string;
  readonly why: string;
}

/** The figures of a process and when they came, in ms. */
export interface Sample {
  readonly at: number;
  readonly asked: Asked;
}

export function rowsOf(process: string, now: Sample, before: Sample | undefined): (Row | Away)[] {
  if ('why' in now.asked) return [{ process, why: now.asked.why }];
  const { status } = now.asked;
  const earlier = before && 'status' in before.asked ? sameProcess(before.asked.status, status) : undefined;
  const seconds = (now.at - (before?.at ?? now.at)) / 1000;
  return Object.entries(status.producers).map(([producer, figures]) => ({
    process,
    producer,
    ...rowOf(figures, earlier?.producers[producer], seconds),
  }));
}

/** A process that was started again counts from nothing. */
const sameProcess = (before: Status, now: Status): Status | undefined =>
  before.pid === now.pid && before.startedAt === now.startedAt ? before : undefined;

type Figures = Omit<Row, 'process' | 'producer'>;

function rowOf(now: ProducerFigures, before: ProducerFigures | undefined, seconds: number): Figures {
  const rate = (of: (figures: ProducerFigures) => number) =>
    before === undefined || seconds <= 0 ? null : Math.max(0, of(now) - of(before)) / seconds;
  const { kind, state, connection, delivered, pending, oldestMs, blockedBy } = now;
  return {
    kind,
    state: state === 'ready' && connection !== 'connected' ? connection : state,
    inRate: rate(({ accepted }) => accepted),
    outRate: rate((figures) => figures.delivered),
    delivered,
    failed: now.deadLettered + now.dropped + now.undelivered + now.expired,
    pending,
    queuePercent: percent(now.queue),
    spoolPercent: now.spool === undefined ? null : percent(now.spool),
    oldestMs,
    blockedBy: blockedBy === undefined ? null : `${blockedBy.by}: ${blockedBy.why}`,
  };
}

const percent = ({ bytes, maxBytes }: { bytes: number; maxBytes: number }): number =>
  maxBytes > 0 ? Math.round((bytes / maxBytes) * 100) : 0;
