/**
 * Keeps servers from librdkafka that answer its first questions with nonsense, because librdkafka 2.12.0 ends the process for some
 * of it. The check is ours and short. A server that it cannot reach, or that is slow, is left to librdkafka, which reports outages.
 */

import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { deferred } from '../../../shared/util/deferred.ts';
import { open, secure } from '../../common/probe/connect.ts';
import { resolveWithoutThread } from '../../common/probe/resolve.ts';
import type { LogLevel } from '../driver.ts';
import { diagnosisText } from './diagnosis.ts';
import { ExplainedError } from './explain.ts';
import { answersAsKafka } from './first-answers.ts';
import { notKafka } from './mismatch.ts';
import { familyOf, type Properties, protocolOf, type Server, serversOf, wantsSasl, wantsTls } from './servers.ts';
import { tlsOptions, trustsAnybody } from './trust.ts';

/** Maximum time in ms that this check takes from a start; and its share of the connect timeout, of which an explanation needs most. */
const LONGEST_MS = 1000;
const SHARE = 0.1;
/** Maximum time in ms to resolve a name: librdkafka may know it from a file while the name servers hang. */
const RESOLVE_MS = 100;
/**
 * When a server has answered well, the others are waited for as long again, and at least this long in ms: one may be down,
 * and must not hold up a start.
 */
const OTHERS_MS = 20;
/** How long, in ms, a server that has answered well is not asked again. */
const KNOWN_MS = 10_000;

type Verdict = 'kafka' | 'stranger' | 'unknown';

/** When servers have answered well, as `performance.now()` counts. */
const known = new Map<string, number>();

export interface Introduction {
  readonly properties: Properties;
  /** When the caller gives up, in ms. @default never */
  readonly connectTimeoutMs?: number;
  log(level: LogLevel, text: string): void;
}

/**
 * Returns the options without servers that answer nonsense, and with what is left of the connect timeout.
 * @throws ConnectError when no other server is left
 */
export async function withoutStrangers<T extends Introduction>(options: T): Promise<T> {
  const { properties, connectTimeoutMs } = options;
  if (properties['api.version.request'] === 'false') return options;
  const begin = performance.now();
  const servers = serversOf(properties);
  const strangers = await findStrangers(
    servers,
    properties,
    begin + Math.min(LONGEST_MS, (connectTimeoutMs ?? Number.POSITIVE_INFINITY) * SHARE),
  );
  report(servers, strangers, options);
  const others = servers.filter((server) => !strangers.includes(server));
  return {
    ...options,
    ...(strangers.length > 0 && { properties: withServers(properties, others) }),
    ...(connectTimeoutMs !== undefined && { connectTimeoutMs: connectTimeoutMs - (performance.now() - begin) }),
  };
}

/** @throws ConnectError when all servers are strangers */
function report(servers: readonly Server[], strangers: readonly Server[], { log }: Introduction): void {
  const problems = strangers.flatMap(({ name }) => notKafka(name, 'other') ?? []);
  if (problems.length > 0 && problems.length === servers.length)
    throw new ExplainedError(problems[0], 'no server speaks Kafka');
  for (const problem of problems) log('warn', diagnosisText(problem));
}

function withServers(
  { 'metadata.broker.list': _list, ...properties }: Properties,
  servers: readonly Server[],
): Properties {
  return { ...properties, 'bootstrap.servers': servers.map(({ name }) => name).join(',') };
}

async function findStrangers(servers: readonly Server[], properties: Properties, end: number): Promise<Server[]> {
  const begin = performance.now();
  const strangers: Server[] = [];
  const first = deferred();
  const checks = servers.map(async (server) => {
    const verdict = await judge(server, properties, end);
    if (verdict === 'stranger') strangers.push(server);
    if (verdict === 'kafka') first.resolve();
  });
  const others = first.promise.then(() => sleep(Math.max(performance.now() - begin, OTHERS_MS)));
  await Promise.race([Promise.all(checks), others]);
  return [...strangers];
}

async function judge(server: Server, properties: Properties, end: number): Promise<Verdict> {
  const family = familyOf(properties);
  const key = `${protocolOf(properties)} ${family} ${server.name}`;
  if (performance.now() < (known.get(key) ?? Number.NEGATIVE_INFINITY) + KNOWN_MS) return 'kafka';
  const addresses = await resolveWithoutThread(server.host, performance.now() + RESOLVE_MS, family).catch(() => []);
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
  // Before there is a connection that would stay open: files may be missing.
  const options = wantsTls(properties) ? tlsOptions(properties) : undefined;
  const raw = await open(address, server.port, left());
  if (options === undefined) return raw;
  const socket = await secure(raw, server, left(), options);
  if (!socket.authorizationError || trustsAnybody(properties)) return socket;
  socket.destroy();
  throw socket.authorizationError;
}
