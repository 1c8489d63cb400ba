/** Destination of a producer's messages, according to its configuration. */

import { statSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import type { LoadedProducer } from '../config/load.ts';
import { quote } from '../config/report/redact.ts';
import { parseUrlTemplate } from '../config/schema/url-template.ts';
import { parseAmqpUrl } from '../kinds/rabbitmq/amqp-url.ts';

export interface Destination {
  /** Description for a person. It has no secret, and of a URL only the host and the port. */
  readonly text: string;
  /**
   * Whether samples do no harm there. The destination must be on this machine, as far as the configuration tells, and not be a
   * file with lines.
   */
  readonly isHarmless: boolean;
}

type Settings = Readonly<Record<string, unknown>>;

const ELSEWHERE = 'where its class writes, which the command cannot know';

const BY_KIND: Readonly<Record<string, (settings: Settings, topic: string | undefined) => Destination>> = {
  kafka: (settings, topic) => {
    const servers = [settings.bootstrap_servers].flat().map(String).join(',').split(',');
    const text = `${topicsOf(settings, topic)} at ${servers.map((server) => server.trim()).join(', ')}`;
    return { text, isHarmless: servers.every((server) => isThisMachine(hostOf(server.trim()))) };
  },
  rabbitmq: (settings, topic) => {
    const { host, port } = parseAmqpUrl(String(settings.url)) ?? { host: '', port: 0 };
    return { text: `${exchangesOf(settings, topic)} at ${host}:${port}`, isHarmless: isThisMachine(host) };
  },
  http: ({ url, method }) => {
    const { origin } = parseUrlTemplate(String(url));
    return { text: `${method} requests to ${origin}`, isHarmless: isThisMachine(new URL(origin).hostname) };
  },
  file: ({ path }) => {
    const isHarmless = !hasLines(String(path));
    return { text: `the file ${quote(String(path))}${isHarmless ? '' : ', which has lines already'}`, isHarmless };
  },
  stdout: () => ({ text: 'the standard output', isHarmless: true }),
  memory: () => ({ text: 'the memory of this command', isHarmless: true }),
};

/** `topic` is the topic of every message, instead of the configured ones. */
export function destinationOf({ kind, config }: LoadedProducer, topic?: string): Destination {
  const known = Object.hasOwn(BY_KIND, kind) ? BY_KIND[kind] : undefined;
  return known?.(config, topic) ?? { text: ELSEWHERE, isHarmless: false };
}

function topicsOf({ name, topic: own = name, error_topic: errors = own }: Settings, topic: unknown): string {
  const topics = [...new Set(topic === undefined ? [own, errors] : [topic])].map((one) => quote(String(one)));
  return `${topics.length === 1 ? 'topic' : 'topics'} ${topics.join(' and ')}`;
}

/** Names the exchanges, or the queue. With the default exchange the routing key names the queue. */
function exchangesOf(settings: Settings, topic: string | undefined): string {
  const { exchange, error_exchange: errors = exchange, queue_name: queue } = settings;
  if (exchange === undefined && queue !== undefined) return `queue ${quote(String(queue))}`;
  if (exchange === undefined) return topicsOf(settings, topic).replace('topic', 'queue');
  const names = [...new Set([exchange, errors])].map((one) => quote(String(one)));
  return `${names.length === 1 ? 'exchange' : 'exchanges'} ${names.join(' and ')}`;
}

/** Whether a file has lines. Errors are ignored here, because the producer reports them. */
function hasLines(path: string): boolean {
  try {
    return statSync(path).size > 0;
  } catch {
    return false;
  }
}

/** Returns the host of `host:port` and `[ipv6]:port`. */
const hostOf = (server: string): string => server.replace(/:\d+$/, '');

/**
 * Addresses of this machine. 0.0.0.0 and :: connect to it as well. IPv6 addresses that map an IPv4 address are compared as that
 * one.
 */
const LOCAL = new BlockList();
LOCAL.addSubnet('127.0.0.0', 8, 'ipv4');
LOCAL.addAddress('0.0.0.0', 'ipv4');
LOCAL.addAddress('::1', 'ipv6');
LOCAL.addAddress('::', 'ipv6');

/** Whether a host is this machine. Names under `localhost` are not, because DNS may resolve them to another machine. */
function isThisMachine(host: string): boolean {
  const name = host
    .toLowerCase()
    .replaceAll(/^\[|\]$/g, '')
    .replace(/\.$/, '');
  const version = isIP(name);
  return version === 0 ? name === 'localhost' : LOCAL.check(name, version === 6 ? 'ipv6' : 'ipv4');
}
