/** Checks that every HTTP listener of ours makes before it reads a request any further. */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isLoopback, isSameHost } from '../util/loopback.ts';
import { targetOf } from './request-target.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Whether a request has this bearer token. It compares digests, which takes the same time whatever the token is. */
export function bearsToken({ headers }: Pick<IncomingMessage, 'headers'>, token: string): boolean {
  const given = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(given), digest(token));
}

/** Whether a request has one Host header at most. A proxy may have checked another one than we would. */
export function hasOneHost({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): boolean {
  const names = rawHeaders.filter((_, index) => index % 2 === 0);
  return names.filter((name) => name.toLowerCase() === 'host').length <= 1;
}

const HOST = /^(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/;

/** Whether a request means this listener, which is bound to `host`. A web page that rebinds its DNS name has a foreign name here. */
export function meansHost(request: Pick<IncomingMessage, 'url' | 'headers'>, host: string): boolean {
  const { authority } = targetOf(request);
  if (authority === undefined) return true;
  const [, ipv6, name = ''] = HOST.exec(authority) ?? [];
  const named = ipv6 ?? name;
  return isLoopback(named) || isSameHost(named, host);
}
