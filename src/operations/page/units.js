/** Numbers as people read them. */

const SIZES = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** At most three digits that matter: 0.42, 4.2, 42, 4,200. */
export function number(value) {
  const digits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

export const counted = (value, thing) => `${number(value)} ${thing}${value === 1 ? '' : 's'}`;

export function bytes(value) {
  const step = value < 1 ? 0 : Math.min(SIZES.length - 1, Math.floor(Math.log2(value) / 10));
  return `${number(value / 1024 ** step)} ${SIZES[step]}`;
}

export function duration(ms) {
  if (ms < 1000) return `${number(ms)} ms`;
  if (ms < 60_000) return `${number(ms / 1000)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 60 / 24)} days`;
}

export const time = (ms) => new Date(ms).toLocaleTimeString('en', { hour12: false });
