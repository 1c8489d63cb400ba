/** Destination of a producer's messages, according to its configuration. */

import { BlockList, isIP } from 'node:net';
import { quote } from '../../config/report/redact.ts';

export interface Destination {
  /** Description for a person. It has no secret, and of a URL only the host and the port. */
  readonly text: string;
  /** Whether samples do no harm there: it is on this machine, as far as the configuration tells, and no file with lines. */
  readonly isHarmless: boolean;
}

interface Topics {
  readonly name: string;
  readonly topic?: string | undefined;
  readonly error_topic?: string | undefined;
}

/** Names the topics of a configuration, or the one that replaces them. */
export function topicsOf({ name, topic: own = name, error_topic: errors = own }: Topics, topic?: string): string {
  const topics = [...new Set(topic === undefined ? [own, errors] : [topic])].map((one) => quote(one));
  return `${topics.length === 1 ? 'topic' : 'topics'} ${topics.join(' and ')}`;
}

/** Addresses of this machine; 0.0.0.0 and :: connect to it as well. An IPv6 address that maps an IPv4 one counts as that. */
const LOCAL = new BlockList();
LOCAL.addSubnet('127.0.0.0', 8, 'ipv4');
LOCAL.addAddress('0.0.0.0', 'ipv4');
LOCAL.addAddress('::1', 'ipv6');
LOCAL.addAddress('::', 'ipv6');

/** Whether a host is this machine. Names under `localhost` are not, because DNS may resolve them to another machine. */
export function isThisMachine(host: string): boolean {
  const name = host
    .toLowerCase()
    .replaceAll(/^\[|\]$/g, '')
    .replace(/\.$/, '');
  const version = isIP(name);
  return version === 0 ? name === 'localhost' : LOCAL.check(name, version === 6 ? 'ipv6' : 'ipv4');
}
