/** Destination of a producer's messages, according to its configuration. */

import { quote } from '../../config/report/redact.ts';
import { isLoopback, isSameHost } from '../../shared/util/loopback.ts';

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

/** Addresses that connect to this machine in addition to the loopback ones. */
const UNSPECIFIED = ['0.0.0.0', '::'];

/** Whether a host is this machine. */
export const isThisMachine = (host: string): boolean =>
  isLoopback(host) || UNSPECIFIED.some((address) => isSameHost(host, address));
