/** Reads `Retry-After`, by which a server asks for a pause before the next attempt. */

const MS = 1000;
/** Pattern of dates as HTTP writes them. `Date.parse` would accept many other texts. */
const DATE = /^[A-Z][a-z]{2,8},? .*GMT$/;

/** Returns the pause in ms, from seconds or a date, else undefined. `date` is the server's current time. */
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
