/** What one producer reports to OpenTelemetry as its messages settle. */

import type { Logger } from '../../shared/log/logger.ts';
import type { ReportMessage } from '../../shared/protocol.ts';
import type { Clock } from '../../shared/util/clock.ts';
import type { AcceptanceTimes } from '../queue/acceptance-times.ts';
import type { MessageIds } from '../queue/message-ids.ts';
import type { MessageQueue } from '../queue/message-queue.ts';
import type { Outcome } from '../settlement/accounting.ts';
import { type Destination, errorType } from './attributes.ts';
import { Durations } from './durations.ts';
import { Guard } from './guard.ts';
import type { CheckedTelemetry } from './options.ts';
import { Tracing, type TracingContext } from './tracing.ts';

/** What an engine gets to report to OpenTelemetry. */
export type EngineTelemetry = CheckedTelemetry & { readonly destination: Destination };

export interface TelemetryContext extends Omit<TracingContext, 'api' | 'destination' | 'guard'> {
  readonly options: EngineTelemetry;
  readonly logger: Logger;
  readonly queue: Pick<MessageQueue, 'acceptedAt'>;
  readonly times: Pick<AcceptanceTimes, 'of'>;
  readonly ids: Pick<MessageIds, 'of'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** A message that is about to settle. */
interface Settling {
  readonly sequence: number;
  readonly outcome: Outcome;
  readonly error?: Error | undefined;
  readonly worker?: ReportMessage | undefined;
}

export class Telemetry {
  readonly #context: TelemetryContext;
  readonly guard: Guard;
  /** Undefined where no spans are made. */
  readonly tracing: Tracing | undefined;
  /** Undefined where no metrics are exported. */
  readonly durations: Durations | undefined;

  constructor(context: TelemetryContext) {
    const { options, producer } = context;
    const { api, destination, traces = true, metrics = true } = options;
    this.#context = context;
    const guard = new Guard(context);
    this.guard = guard;
    this.tracing = traces ? new Tracing({ ...context, guard, api, destination }) : undefined;
    this.durations = metrics ? new Durations(api, destination, { producer, guard }) : undefined;
  }

  /** Whether the broker's report on the message is of use. */
  needsReport(sequence: number): boolean {
    return this.tracing?.has(sequence) === true;
  }

  /**
   * Returns what reports the message's end, and undefined if there is nothing to report. It reads what it needs now, because the memory
   * of the message may be used again once it has settled.
   */
  ending(settling: Settling): (() => void) | undefined {
    const isFailed = this.durations !== undefined && settling.outcome === 'deadLettered';
    const isTraced = this.tracing?.ends(settling) === true;
    if (!isFailed && !isTraced) return undefined;
    const id = this.#context.ids.of(settling.sequence);
    const ageMs = this.#ageMs(settling.sequence);
    return () => {
      if (isFailed && ageMs !== undefined) this.#failed(settling, ageMs);
      if (isTraced) this.tracing?.settled({ ...settling, id }, ageMs && Date.now() - ageMs);
    };
  }

  #failed({ outcome, error }: Settling, ageMs: number): void {
    this.durations?.failed(ageMs, errorType(outcome, error) ?? outcome);
  }

  /** Time in ms since the message was accepted or, if it is of an earlier run, recovered; undefined if that is not known. */
  #ageMs(sequence: number): number | undefined {
    const { queue, times, clock } = this.#context;
    const at = queue.acceptedAt(sequence) ?? times.of(sequence);
    return at === undefined ? undefined : clock.now() - at;
  }
}
