/** Names what a producer delivers to, from its configuration. Host names only, because a URL may hold a password. */

import type { Destination } from './attributes.ts';

/** Returns the kind, and the host in `url` where there is one. */
export function destinationOf(config: unknown): Destination {
  const { type, url } = Object(config) as Readonly<Record<string, unknown>>;
  return { system: String(type), server: typeof url === 'string' ? hostOf(url) : undefined };
}

/** Returns the host of a URL or of `host:port`, and undefined if there is none. */
export function hostOf(address: string): string | undefined {
  const url = address.includes('://') ? address : `tcp://${address}`;
  return URL.canParse(url) ? new URL(url).hostname || undefined : undefined;
}
