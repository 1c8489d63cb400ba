/** Reads from librdkafka's properties where to connect and how, for our own probe of the servers. */

import type { Family } from '../../common/probe/resolve.ts';

export type Properties = Readonly<Record<string, string>>;

export interface Server {
  readonly host: string;
  readonly port: number;
  /** `host:port`, as librdkafka names it in its texts. */
  readonly name: string;
}

/** The servers of `bootstrap.servers`. One without a port gets Kafka's, 9092. */
export function serversOf(properties: Properties): Server[] {
  const list = properties['bootstrap.servers'] ?? properties['metadata.broker.list'] ?? '';
  return list.split(',').flatMap((item) => {
    const match = /^(?:\w+:\/\/)?(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(item.trim());
    if (match === null) return [];
    const [, v6, name, port = '9092'] = match;
    const host = (v6 ?? name) as string;
    return [{ host, port: Number(port), name: `${v6 === undefined ? host : `[${host}]`}:${port}` }];
  });
}

const FAMILIES: Readonly<Record<string, Family>> = { v4: 4, v6: 6 };

/** The address family that librdkafka uses. */
export const familyOf = (properties: Properties): Family =>
  FAMILIES[(properties['broker.address.family'] ?? 'any').toLowerCase()] ?? 0;

export const protocolOf = (properties: Properties): string =>
  (properties['security.protocol'] ?? 'plaintext').toUpperCase();

export const wantsTls = (properties: Properties): boolean => protocolOf(properties).endsWith('SSL');

export const wantsSasl = (properties: Properties): boolean => protocolOf(properties).startsWith('SASL_');
