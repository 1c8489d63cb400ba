/** What is wrong with a Kafka configuration that its schema cannot know: raw properties, and what this librdkafka lacks. */

import type { Finding } from '../../config/findings.ts';
import type { KafkaFields } from '../../config/kafka-fields.ts';
import { didYouMean, nearest } from '../../config/nearest.ts';
import { quote } from '../../config/shown.ts';
import { asError } from '../../errors.ts';
import { missingFeatures, needs } from './features.ts';
import { Inspection, type Refused } from './librdkafka/inspection.ts';
import { loadNative } from './librdkafka/load.ts';
import { refusal, settingFor, withoutSecrets } from './raw-properties.ts';
import { inspectTlsFiles } from './tls-files.ts';

export interface InspectOptions {
  /** Whether raw properties may load code, run commands or stand in for brokers. @default false */
  readonly allowUnsafeClient?: boolean | undefined;
}

type Config = Readonly<Partial<KafkaFields>>;

/** Everything that is wrong; values of the wrong type, which the schema has reported, are passed over. */
export function inspectKafka(config: Config, { allowUnsafeClient = false }: InspectOptions = {}): Finding[] {
  const raw = rawValues(config.client);
  const refused = raw.flatMap(([name, value]) => ours(name, value, allowUnsafeClient));
  const names = new Set(refused.map(({ path }) => path[1]));
  const rest = raw.filter(([name]) => !names.has(name));
  const values = Object.fromEntries(rest);
  return [...refused, ...tokenless(values), ...inspectTlsFiles(config), ...theirs(config, values)];
}

/** Without it librdkafka would wait for a function of ours to bring a token, for ever. */
function tokenless(raw: Readonly<Record<string, string>>): Finding[] {
  const [name] = Object.entries(raw).find(([, value]) => /^OAUTHBEARER$/i.test(value)) ?? [];
  if (name === undefined || raw['sasl.oauthbearer.method'] === 'oidc') return [];
  const message = "needs 'sasl.oauthbearer.method: oidc' beside it: a function that brings a token cannot be given";
  return [{ path: ['client', name], about: 'key', message }];
}

function rawValues(client: unknown): [name: string, value: string][] {
  if (typeof client !== 'object' || client === null || Array.isArray(client)) return [];
  const values = Object.entries(client).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
  return values.map(([name, value]) => [name, String(value)]);
}

function ours(name: string, value: string, allowUnsafe: boolean): Finding[] {
  const message = refusal(name, value, allowUnsafe);
  return message === undefined ? [] : [{ path: ['client', name], about: 'key', message }];
}

/** What librdkafka says. With the other driver, which must not have a second librdkafka beside it, it says so at the start. */
function theirs(config: Config, raw: Readonly<Record<string, string>>): Finding[] {
  const nothingToAsk = Object.keys(raw).length === 0 && needs(config).length === 0 && !config.transactional_id;
  if (config.driver === 'node-rdkafka' || nothingToAsk) return [];
  const inspection = inspectionOrProblem();
  if (inspection instanceof Error) return transactional(config, inspection);
  const refused = inspection.refused(raw).map((one) => refusedFinding(one, raw[one.name], inspection));
  return [...refused, ...ignored(raw, inspection), ...missingFeatures(config, inspection.features())];
}

function inspectionOrProblem(): Inspection | Error {
  try {
    return new Inspection(loadNative());
  } catch (error) {
    return asError(error);
  }
}

/** Without librdkafka the producer falls back to node-rdkafka, which knows no transactions. */
function transactional({ transactional_id }: Config, problem: Error): Finding[] {
  if (transactional_id === undefined) return [];
  const message = `needs the driver librdkafka, which does not load here: ${problem.message}`;
  return [{ path: ['transactional_id'], about: 'key', message }];
}

function refusedFinding({ name, unknown, text }: Refused, value = '', inspection: Inspection): Finding {
  const path = ['client', name];
  if (unknown)
    return { path, about: 'key', message: `librdkafka has no property ${quote(name)}${suggestion(name, inspection)}` };
  // It quotes some values.
  const why = withoutSecrets(text, { [name]: value });
  return { path, about: 'value', message: `librdkafka refuses the value: ${why}` };
}

function suggestion(name: string, inspection: Inspection): string {
  const names = inspection.names().filter((known) => settingFor(known) || refusal(known, '', false) === undefined);
  const found = nearest(name, names);
  const setting = found && settingFor(found);
  return setting === undefined ? didYouMean(name, names) : ` (did you mean the setting '${setting}', beside 'client'?)`;
}

/** A producer takes a consumer's properties and ignores them. */
function ignored(raw: Readonly<Record<string, string>>, inspection: Inspection): Finding[] {
  const names = inspection.consumerNames();
  const found = Object.keys(raw).filter((name) => names.includes(name));
  const message = 'is a property of consumers, which a producer ignores';
  return found.map((name) => ({ path: ['client', name], about: 'key', message }));
}
