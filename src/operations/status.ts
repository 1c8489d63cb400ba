/** The state of everything at one moment, as `/status` returns it. */

import type { Stats } from '../caller/stats.ts';
import type { Route } from '../config/routes/schema.ts';
import { maskedData } from '../shared/log/masking.ts';
import { OUTSPOOL_VERSION } from '../shared/version.ts';
import type { Operated, SourceFigures } from './operated.ts';
import type { RecentError } from './recent-errors.ts';

export interface RouteStatus extends Omit<Route, 'when'> {
  /** The condition as it is in the file; absent where every message takes the route. */
  readonly when?: Route['when'];
  /** Messages that took the route. */
  readonly messages: number;
  /** Messages of these that a fallback got at once. */
  readonly fallbacks: number;
}

export interface Status {
  readonly version: string;
  readonly pid: number;
  /** When the process began, as ISO 8601. */
  readonly startedAt: string;
  /** When these figures were read, in ms since 1970. */
  readonly at: number;
  readonly producers: Readonly<Record<string, Stats & { readonly kind: string }>>;
  readonly routes: readonly RouteStatus[];
  /** Messages that matched no route. */
  readonly unmatched: number;
  readonly sources: Readonly<Record<string, SourceFigures>>;
  /** The newest comes first. */
  readonly errors: readonly RecentError[];
}

export function statusOf(operated: Operated, errors: readonly RecentError[]): Status {
  const { producers, mask } = operated;
  const figures = producers.map((producer) => {
    const { unused: _, ...stats } = producer.snapshot();
    return [producer.name, { kind: producer.kind, ...stats }] as const;
  });
  const status = {
    version: OUTSPOOL_VERSION,
    pid: process.pid,
    startedAt: new Date(performance.timeOrigin).toISOString(),
    at: Date.now(),
    producers: Object.fromEntries(figures),
    routes: routesOf(operated),
    unmatched: operated.counts().unmatched,
    sources: operated.sources?.() ?? {},
    errors,
  };
  return maskedData(status, mask);
}

function routesOf({ routes, counts }: Operated): RouteStatus[] {
  const { routes: messages, fallbacks } = counts();
  return (routes?.routes ?? []).map(({ name, when, to, fallback }) => ({
    ...{ name, to, fallback },
    ...(when !== undefined && { when }),
    messages: messages[name] ?? 0,
    fallbacks: fallbacks[name] ?? 0,
  }));
}
