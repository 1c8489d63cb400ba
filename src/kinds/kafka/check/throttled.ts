/** Reports a quota of requests, which shows in the answers to the check itself. */

import type { LayerFinding } from '../../../caller/check/check.ts';
import type { ThrottleEvent } from '../librdkafka/send/throttle-events.ts';

/** Returns the finding, with a warning if a broker has throttled the questions. */
export function throttledFinding(finding: LayerFinding, throttled: ThrottleEvent | undefined): LayerFinding {
  if (throttled === undefined || finding.problem !== undefined || finding.warning !== undefined) return finding;
  const { broker, ms } = throttled;
  const advice = "look at the quota 'request_percentage' of the user and of the client id";
  return { ...finding, warning: `${broker} throttles even requests without messages, by ${ms} ms: ${advice}` };
}
