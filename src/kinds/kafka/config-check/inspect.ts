/** Finds errors in raw properties, and features that this librdkafka lacks, on the application's thread before the start. */

import type { InspectOptions } from '../../../caller/base-producer.ts';
import type { Finding } from '../../../config/report/findings.ts';
import { quote } from '../../../config/report/redact.ts';
import { asError } from '../../../shared/errors.ts';
import { didYouMean, nearest } from '../../../shared/util/did-you-mean.ts';
import { inspectTlsFiles } from '../../common/tls-files.ts';
import type { KafkaFields } from '../fields.ts';
import { Inspection, type Refused } from '../librdkafka/inspect/inspection.ts';
import { refusedTogether } from '../librdkafka/inspect/trial.ts';
import { loadNative, mayPass } from '../librdkafka/native/load.ts';
import { clientProperties } from '../properties.ts';
import { oddFile, unusableFile } from '../raw-files.ts';
import { plainName, refusal, settingFor, withoutSecrets } from '../raw-properties.ts';
import { KafkaProducerConfig } from '../schema.ts';
import { missingFeatures, needs } from './features.ts';

type Config = Readonly<Partial<KafkaFields>>;

/** Returns all findings. Values of the wrong type are skipped, because the schema has reported them. */
export function inspectKafka(config: Config, { allowUnsafeClient = false }: InspectOptions = {}): Finding[] {
  const raw = rawValues(config.client);
  const refused = raw.flatMap(([name, value]) => ours(name, value, allowUnsafeClient));
  const names = new Set(refused.map(({ path }) => path[1]));
  const rest = raw.filter(([name]) => !names.has(name));
  const values = Object.fromEntries(rest);
  return [
    ...refused,
    ...tokenless(values),
    ...inspectTlsFiles(config),
    ...authorities(config),
    ...theirs(config, values),
  ];
}

/** OAUTHBEARER needs the method `oidc`. Without it librdkafka would wait for ever for a function of ours to bring a token. */
function tokenless(raw: Readonly<Record<string, string>>): Finding[] {
  const [name] = Object.entries(raw).find(([, value]) => /^OAUTHBEARER$/i.test(value)) ?? [];
  if (name === undefined || raw['sasl.oauthbearer.method'] === 'oidc') return [];
  const message = "also needs 'sasl.oauthbearer.method: oidc': a function that brings a token cannot be given";
  return [{ path: ['client', name], about: 'key', message }];
}

/** Reports the file of the variable SSL_CERT_FILE, which no setting names. */
function authorities(config: Config): Finding[] {
  const { data } = KafkaProducerConfig.safeParse(config);
  if (data === undefined || data.ssl_cafile !== undefined) return [];
  const { 'ssl.ca.location': file } = clientProperties(data).properties;
  const message = file === undefined ? undefined : unusableFile({ 'ssl.ca.location': file });
  const path = needs(config).find(({ feature }) => feature === 'ssl')?.path ?? ['client'];
  return message === undefined ? [] : [{ path, about: 'value', message }];
}

function rawValues(client: unknown): [name: string, value: string][] {
  if (typeof client !== 'object' || client === null || Array.isArray(client)) return [];
  const values = Object.entries(client).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
  return values.map(([name, value]) => [name, String(value)]);
}

function ours(name: string, value: string, allowUnsafe: boolean): Finding[] {
  const message = refusal(name, value, allowUnsafe);
  if (message !== undefined) return [{ path: ['client', name], about: 'key', message }];
  const odd = oddFile(name, value);
  return odd === undefined
    ? []
    : [{ path: ['client', name], about: 'value', message: odd.replace(/^which/, 'the file') }];
}

/** Returns librdkafka's own findings. The driver node-rdkafka reports its own at the start; a second library must not load. */
function theirs(config: Config, raw: Readonly<Record<string, string>>): Finding[] {
  const nothingToAsk = Object.keys(raw).length === 0 && needs(config).length === 0 && !config.transactional_id;
  if (config.driver === 'node-rdkafka' || nothingToAsk) return [];
  const inspection = inspectionOrProblem();
  if (inspection instanceof Error) return transactional(config, inspection);
  const refused = inspection.refused(raw).map((one) => refusedFinding(one, raw[one.name], inspection));
  const said = [...refused, ...ignored(raw, inspection), ...missingFeatures(config, inspection.features())];
  return said.length > 0 ? said : amongThemselves(config, raw, inspection);
}

/** Finds properties that are right one by one and wrong together. */
function amongThemselves(config: Config, raw: Raw, inspection: Inspection): Finding[] {
  const names = Object.keys(raw);
  if (names.length === 0) return [];
  const aliases = inspection.aliases();
  const same = twice(names, aliases);
  return same.length > 0 ? same : together(config, raw, aliases);
}

function inspectionOrProblem(): Inspection | Error {
  try {
    return new Inspection(loadNative());
  } catch (error) {
    return asError(error);
  }
}

/** Without librdkafka the producer falls back to node-rdkafka, which has no transactions. */
function transactional({ transactional_id }: Config, problem: Error): Finding[] {
  if (transactional_id === undefined || mayPass(problem)) return [];
  const message = `needs the driver librdkafka, which does not load here: ${problem.message}`;
  return [{ path: ['transactional_id'], about: 'key', message }];
}

function refusedFinding({ name, unknown, text }: Refused, value = '', inspection: Inspection): Finding {
  const path = ['client', name];
  if (unknown)
    return { path, about: 'key', message: `librdkafka has no property ${quote(name)}${suggestion(name, inspection)}` };
  // librdkafka's text quotes some values.
  const why = withoutSecrets(text, { [name]: value });
  return { path, about: 'value', message: `librdkafka refuses the value: ${why}` };
}

function suggestion(name: string, inspection: Inspection): string {
  const names = inspection.names().filter((known) => settingFor(known) || refusal(known, '', false) === undefined);
  const found = nearest(name, names);
  const setting = found && settingFor(found);
  return setting === undefined
    ? didYouMean(name, names)
    : ` (did you mean the setting '${setting}', next to 'client'?)`;
}

type Raw = Readonly<Record<string, string>>;
type Aliases = ReadonlyMap<string, string>;

const properName = (name: string, aliases: Aliases): string => aliases.get(plainName(name)) ?? plainName(name);

/** librdkafka has one value for both names, and a user cannot see which of the two values it takes. */
function twice(names: readonly string[], aliases: Aliases): Finding[] {
  return names.flatMap((name, index): Finding[] => {
    const first = names.slice(0, index).find((other) => properName(other, aliases) === properName(name, aliases));
    const message = `is another name of ${quote(first ?? '')}, which is given too: expected one of them`;
    return first === undefined ? [] : [{ path: ['client', name], about: 'key', message }];
  });
}

/** Files of settings are checked by `inspectTlsFiles`. */
const OUR_FILE = /^ssl\.(?:ca|certificate|key)\.location failed/;

function together(config: Config, raw: Raw, aliases: Aliases): Finding[] {
  const { data } = KafkaProducerConfig.safeParse(config);
  if (data === undefined) return [];
  const { properties, topicProperties } = clientProperties(data);
  if (unusableFile(properties) !== undefined) return []; // reported already
  const text = refusedTogether(loadNative(), { ...properties, ...topicProperties });
  if (text === undefined || OUR_FILE.test(text)) return [];
  const mentioned = [...text.matchAll(/\b[a-z]+(?:\.[a-z]+)+\b/g)].map(([name]) => properName(name, aliases));
  const name = Object.keys(raw).find((one) => mentioned.includes(properName(one, aliases)));
  const message = `librdkafka refuses it together with the other settings: ${inOurWords(withoutSecrets(text, properties))}`;
  return [{ path: name === undefined ? ['client'] : ['client', name], about: 'key', message }];
}

/** Replaces librdkafka's property names by the names of settings. */
const inOurWords = (text: string): string =>
  text.replaceAll(/`([\w.]+)`/g, (_, name: string) => quote(settingFor(name) ?? name));

/** Finds properties of consumers, which a producer accepts and ignores. */
function ignored(raw: Readonly<Record<string, string>>, inspection: Inspection): Finding[] {
  const names = inspection.consumerNames();
  const found = Object.keys(raw).filter((name) => names.includes(name));
  const message = 'is a property of consumers, which a producer ignores';
  return found.map((name) => ({ path: ['client', name], about: 'key', message }));
}
