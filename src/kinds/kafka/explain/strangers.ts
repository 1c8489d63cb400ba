/**
 * Removes servers that answer librdkafka's first questions with nonsense, because some of it makes librdkafka 2.12.0 end the
 * process. This check is our own and short. A server that is slow or unreachable stays, and librdkafka reports its outage.
 */

import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogLevel } from '../../../shared/protocol.ts';
import { deferred } from '../../../shared/util/deferred.ts';
import { open, secure } from '../../common/probe/connect.ts';
import { resolveWithoutThread } from '../../common/probe/resolve.ts';
import { diagnosisText } from './diagnosis.ts';
import { ExplainedError } from './explain.ts';
import { answersAsKafka } from './first-answers.ts';
import { notKafka } from './mismatch.ts';
import { familyOf, type Properties, protocolOf, type Server, serversOf, wantsSasl, wantsTls } from './servers.ts';
import { tlsOptions, trustsAnybody } from './trust.ts';

/** Maximum time in ms of this check, and its share of the connect timeout, most of which an explanation needs. */
const LONGEST_MS = 1000;
const SHARE = 0.1;
/** Maximum time in ms to resolve a name. librdkafka may know the name from a file while the name servers hang. */
const RESOLVE_MS = 100;
/** Minimum time in ms to wait for the other servers after one has answered well; else the time that its answer took. */
const OTHERS_MS = 20;
/** Time in ms in which a server that has answered well is not asked again. */
const KNOWN_MS = 10_000;

type Verdict = 'kafka' | 'stranger' | 'unknown';

/** When servers have answered well, as times of `performance.now()`. */
const known = new Map<string, number>();

export interface Introduction {
  readonly properties: Properties;
  /** When the caller's time for connecting is over, in ms. @default never */
  readonly connectTimeoutMs?: number;
  log(level: LogLevel, text: string): void;
}

/** Returns the options without such servers, and with the rest of the connect timeout. @throws ConnectError when none is left */
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

/** Judges one address. A server with SASL answers no question about metadata before authentication. */
async function judgeAddress(place: Place): Promise<Verdict> {
  try {
    const socket = await connect(place);
    return (await answersAsKafka(socket, !wantsSasl(place.properties), place.end)) ? 'kafka' : 'stranger';
  } catch {
    return 'unknown';
  }
}

/** @throws Error when there is no connection, or librdkafka would close it because of a certificate */
async function connect({ address, server, properties, end }: Place): Promise<Socket> {
  const left = () => Math.max(end - performance.now(), 1);
  // This comes before the connection, which would stay open if a file is missing.
  const options = wantsTls(properties) ? tlsOptions(properties) : undefined;
  const raw = await open(address, server.port, left());
  if (options === undefined) return raw;
  const socket = await secure(raw, server, left(), options);
  if (!socket.authorizationError || trustsAnybody(properties)) return socket;
  socket.destroy();
  throw socket.authorizationError;
}
