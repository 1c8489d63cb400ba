/**
 * Keeps servers from librdkafka that answer its first questions with nonsense, because librdkafka 2.12.0 ends the process for some
 * of it. The check is ours and short. A server that it cannot reach, or that is slow, is left to librdkafka, which reports outages.
 */

import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { deferred } from '../../../deferred.ts';
import { diagnosisText } from '../diagnosis.ts';
import { open, secure } from './conversation.ts';
import { ExplainedError } from './explain.ts';
import { answersAsKafka } from './first-answers.ts';
import { notKafka } from './mismatch.ts';
import { resolveWithoutThread } from './resolve.ts';
import { type Properties, protocolOf, type Server, serversOf, wantsSasl, wantsTls } from './servers.ts';
import { tlsOptions, trustsAnybody } from './trust.ts';

/** Maximum time in ms that this check takes from a start. */
const LONGEST_MS = 200;
/** How long, in ms, the others are waited for when a server has answered well: one may be down. */
const OTHERS_MS = 20;
/** How long, in ms, a server that has answered well is not asked again. */
const KNOWN_MS = 10_000;

type Verdict = 'kafka' | 'stranger' | 'unknown';

/** When servers have answered well, as `performance.now()` counts. */
const known = new Map<string, number>();

/** Returns the properties without servers that answer nonsense. @throws ConnectError when no other server is left */
export async function withoutStrangers(properties: Properties, warn: (text: string) => void): Promise<Properties> {
  if (properties['api.version.request'] === 'false') return properties;
  const servers = serversOf(properties);
  const strangers = await findStrangers(servers, properties);
  if (strangers.length === 0) return properties;
  const problems = strangers.flatMap(({ name }) => notKafka(name, 'other') ?? []);
  if (strangers.length === servers.length) throw new ExplainedError(problems[0], 'no server speaks Kafka');
  for (const problem of problems) warn(diagnosisText(problem));
  return withServers(
    properties,
    servers.filter((server) => !strangers.includes(server)),
  );
}

function withServers(
  { 'metadata.broker.list': _list, ...properties }: Properties,
  servers: readonly Server[],
): Properties {
  return { ...properties, 'bootstrap.servers': servers.map(({ name }) => name).join(',') };
}

async function findStrangers(servers: readonly Server[], properties: Properties): Promise<Server[]> {
  const end = performance.now() + LONGEST_MS;
  const strangers: Server[] = [];
  const first = deferred();
  const looks = servers.map(async (server) => {
    const verdict = await judge(server, properties, end);
    if (verdict === 'stranger') strangers.push(server);
    if (verdict === 'kafka') first.resolve();
  });
  await Promise.race([Promise.all(looks), first.promise.then(() => sleep(OTHERS_MS))]);
  return [...strangers];
}

async function judge(server: Server, properties: Properties, end: number): Promise<Verdict> {
  const key = `${protocolOf(properties)} ${server.name}`;
  if (performance.now() < (known.get(key) ?? Number.NEGATIVE_INFINITY) + KNOWN_MS) return 'kafka';
  const addresses = await resolveWithoutThread(server.host, end).catch(() => []);
  const verdicts = await Promise.all(addresses.map((address) => judgeAddress({ address, server, properties, end })));
  if (verdicts.includes('stranger')) return 'stranger';
  if (!verdicts.includes('kafka')) return 'unknown';
  known.set(key, performance.now());
  return 'kafka';
}

interface Place {
  readonly address: string;
  readonly server: Server;
  readonly properties: Properties;
  readonly end: number;
}

/** Before a client has proved who it is, a server with SASL answers no question about metadata. */
async function judgeAddress(place: Place): Promise<Verdict> {
  try {
    const socket = await connect(place);
    return (await answersAsKafka(socket, !wantsSasl(place.properties), place.end)) ? 'kafka' : 'stranger';
  } catch {
    return 'unknown';
  }
}

/** @throws Error when there is no connection, or librdkafka would end it because of a certificate */
async function connect({ address, server, properties, end }: Place): Promise<Socket> {
  const left = () => Math.max(end - performance.now(), 1);
  const raw = await open(address, server.port, left());
  if (!wantsTls(properties)) return raw;
  const socket = await secure(raw, server, left(), tlsOptions(properties));
  if (!socket.authorizationError || trustsAnybody(properties)) return socket;
  socket.destroy();
  throw socket.authorizationError;
}
