/** What both sides send: small JSON objects with a key, made anew for each message as an application makes them. */

const KEYS = Array.from({ length: 1000 }, (_, index) => `user-${index}`);
/** Sequence numbers of one width, so that every message has the same size. */
const FIRST = 1_000_000;

/** Makes messages whose value is `bytes` long as JSON. */
export function messageMaker(bytes) {
  const value = (index, pad) => ({ event: 'page_view', sequence: FIRST + index, path: '/pricing', pad });
  const pad = 'x'.repeat(bytes - JSON.stringify(value(0, '')).length);
  return { key: (index) => KEYS[index % KEYS.length], value: (index) => value(index, pad) };
}
