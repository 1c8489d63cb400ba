/** Addresses that something listens at, and the tokens that its clients need. */

import { z } from 'zod';
import { expecting } from '../report/expected.ts';

/** `host:port`, with an IPv6 address in brackets. */
const LISTEN = /^(?:\[([\da-fA-F:.]+)\]|([\w.-]+)):(\d{1,5})$/;

export interface Listen {
  readonly host: string;
  readonly port: number;
}

/** Returns host and port of a `listen` that the schema has accepted. */
export function parseListen(text: string): Listen {
  const [, ipv6, name = '', port] = LISTEN.exec(text) ?? [];
  return { host: ipv6 ?? name, port: Number(port) };
}

export const isListen = (text: string): boolean => LISTEN.test(text) && parseListen(text).port <= 0xffff;

/** An address as `host:port`. `example` is a port that suits the setting. */
export const listenAddress = (example: number) =>
  expecting(
    z
      .string()
      .regex(LISTEN)
      .refine((text) => !LISTEN.test(text) || isListen(text)),
    `an address as host:port, such as 127.0.0.1:${example} or [::1]:${example}`,
  );

const SHORTEST_TOKEN = 16;

/** A token that clients send as `Authorization: Bearer`. */
export const bearerToken = () =>
  expecting(
    z
      .string()
      .min(SHORTEST_TOKEN)
      .regex(/^[\x21-\x7e]+$/),
    `a token of at least ${SHORTEST_TOKEN} characters without spaces`,
  );
