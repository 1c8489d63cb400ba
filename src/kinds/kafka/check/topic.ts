/** Judges a broker's description of a topic for a producer. */

import type { LayerFinding } from '../../../caller/check/check.ts';
import { resolveApart } from '../../common/probe/resolve.ts';
import { ServerProbe } from '../explain/server-probe.ts';
import { serversOf } from '../explain/servers.ts';
import type { TopicAnswer, TopicDescription } from '../librdkafka/inspect/describe-topic.ts';
import { together } from './bootstrap.ts';
import { type Expectations, stateFinding } from './topic-state.ts';

const UNKNOWN_TOPIC = 3;
const INVALID_TOPIC = 17;
const TOPIC_AUTHORIZATION_FAILED = 29;

const isDescription = (answer: TopicAnswer): answer is TopicDescription => answer !== undefined && 'servers' in answer;

/** Checks the metadata layer: the broker answers, the topic exists, and its leaders can be reached by their advertised names. */
export async function metadataFinding(topic: string, answer: TopicAnswer, how: Reaching): Promise<LayerFinding> {
  if (!isDescription(answer)) {
    if (how.advertised !== undefined) return advertised(how.advertised);
    const why = answer === undefined ? 'no answer in time' : answer.text;
    return { problem: `the broker does not describe the topic ${topic} (${why})`, advice: 'try again; see its log' };
  }
  if (answer.code === TOPIC_AUTHORIZATION_FAILED) return forbidden(topic);
  if (answer.code === UNKNOWN_TOPIC) return { warning: missing(topic) };
  if (answer.code === INVALID_TOPIC)
    return { problem: `no topic can be called ${topic}`, advice: "check 'topic'", setting: 'topic' };
  if (answer.code !== 0)
    return { problem: `the broker reports error ${answer.code} for the topic ${topic}`, advice: 'see its log' };
  const reached = await reachable(answer.servers, how);
  if (reached.problem !== undefined) return reached;
  const count = answer.partitions.length;
  const { warning, ...state } = stateFinding(topic, answer.partitions, how);
  const warnings = [reached.warning, warning].filter((one) => one !== undefined).join('; ');
  return {
    note: `${topic}: ${count} partition${count === 1 ? '' : 's'}`,
    ...state,
    ...(warnings && { warning: warnings }),
  };
}

export interface Reaching extends Expectations {
  readonly end: number;
  /** librdkafka's text about the names that brokers give themselves. */
  readonly advertised?: string | undefined;
}

/** Probes the leaders. Clients connect to the advertised names of brokers, which may differ from `bootstrap_servers`. */
async function reachable(names: readonly string[], { properties, end }: Reaching): Promise<LayerFinding> {
  const ours = new Set(serversOf(properties).map(({ name }) => name));
  const probes = serversOf({ 'bootstrap.servers': names.join(',') });
  const findings = probes.map(async (server): Promise<LayerFinding> => {
    const { problem } = await new ServerProbe(server, properties, resolveApart).probe(end);
    if (problem === undefined) return {};
    return ours.has(server.name) ? away(problem) : advertised(problem);
  });
  return together(await Promise.all(findings));
}

/** The cluster notices the death of a broker only after some seconds, and names it as a leader until then. */
const away = (problem: string): LayerFinding => ({
  problem: `a leader of the topic cannot be reached: ${problem}`,
  advice: 'bring that broker back, or wait until its partitions have another leader',
});

const advertised = (problem: string): LayerFinding => ({
  problem: `a broker gives itself a name that is of no use here: ${problem}`,
  advice: "its 'advertised.listeners' must be reachable from here, as 'bootstrap_servers' is",
  setting: 'bootstrap_servers',
});

/** A missing topic is no failure yet, because the check cannot see whether the broker may create it. */
const missing = (topic: string): string =>
  `the topic ${topic} does not exist; the first message creates it where the broker allows that (auto.create.topics.enable), else create it`;

/** Checks the authorisation layer, after the metadata layer. A transaction also commits an offset under the topic's name. */
export function authorisationFinding(topic: string, answer: TopicAnswer, inTransactions: boolean): LayerFinding {
  if (isDescription(answer) && answer.code === UNKNOWN_TOPIC) return { note: 'not known before the topic exists' };
  if (!isDescription(answer) || answer.mayWrite === undefined)
    return { note: 'the broker does not say; a round trip shows it' };
  if (!answer.mayWrite) return forbidden(topic);
  if (inTransactions && answer.mayRead === false) return unreadable(topic);
  return { note: `may write to ${topic}` };
}

const unreadable = (topic: string): LayerFinding => ({
  problem: `no permission to commit an offset for the topic ${topic}, as each transaction does`,
  advice: 'have READ on it granted to this user, in addition to WRITE (an ACL of the broker)',
  setting: 'topic',
});

const forbidden = (topic: string): LayerFinding => ({
  layer: 'authorisation',
  problem: `no permission to write to the topic ${topic}`,
  advice: "have WRITE on it granted to this user (an ACL of the broker), or check 'topic' and 'username'",
  setting: 'topic',
});
