/** `Retry-After`: for how long a server asks not to be tried again. */

const MS = 1000;
/** Dates as HTTP writes them; JavaScript would take much else for one. */
const DATE = /^[A-Z][a-z]{2,8},? .*GMT$/;

/**
 * In ms, from seconds or a date; undefined for anything else. `date`: what the server takes for now, so that a clock which
 * is wrong, here or there, does not matter.
 */
export function retryAfterMs(value: unknown, date: unknown, now = Date.now()): number | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^\d{1,10}$/.test(text)) return Number(text) * MS;
  const until = instant(text);
  return until === undefined ? undefined : Math.max(0, until - (instant(date) ?? now));
}

function instant(text: unknown): number | undefined {
  if (typeof text !== 'string' || !DATE.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}
