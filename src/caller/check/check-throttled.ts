/** Adds to a check that a broker throttles the producer, because then all layers may pass although little is sent. */

import type { Throttled } from '../../shared/back-pressure.ts';
import type { CheckLayer, CheckReport } from './check.ts';

/** Returns the report with a warning on the last layer that was reached. */
export function withThrottled(report: CheckReport, throttled: Throttled | undefined): CheckReport {
  if (throttled === undefined) return report;
  const last = report.layers.findLastIndex(({ reached }) => reached);
  const layers = report.layers.map((layer, index) => (index === last ? warned(layer, throttled) : layer));
  return { ...report, layers };
}

function warned(layer: CheckLayer, { broker, reason, since, ms }: Throttled): CheckLayer {
  const seconds = Math.max(Math.round((Date.now() - since) / 1000), 0);
  const pause = ms === null ? '' : `, now for ${ms} ms`;
  const text = `${broker} has asked this producer for ${seconds} s to send less or nothing (${reason}${pause})`;
  return { ...layer, warning: layer.warning === undefined ? text : `${layer.warning}; ${text}` };
}
