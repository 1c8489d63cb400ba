/** Finds what a configuration needs and this librdkafka was built without: compression, TLS, SASL mechanisms. */

import type { Finding } from '../../../config/report/findings.ts';
import type { KafkaFields } from '../fields.ts';
import { securityProtocol } from '../schema.ts';

type Config = Readonly<Partial<KafkaFields>>;

/** One needed feature: librdkafka's name, ours, the setting that needs it, and the Debian package that it is built from. */
interface Need {
  readonly feature: string;
  readonly what: string;
  readonly path: readonly string[];
  readonly library: string;
}

export function missingFeatures(config: Config, features: ReadonlySet<string>): Finding[] {
  const missing = needs(config).filter(({ feature }) => !features.has(feature));
  return missing.map(({ path, what, library }) => ({ path, about: 'value', message: advice(what, library) }));
}

const advice = (what: string, library: string): string =>
  `this librdkafka was built without ${what}: install ${library}, compile another (npm install node-rdkafka), and name its file in ` +
  'OUTSPOOL_LIBRDKAFKA';

export function needs(config: Config): Need[] {
  return [...compression(config), ...tls(config), ...mechanism(config)];
}

const COMPRESSION: Readonly<Record<string, string>> = {
  gzip: 'zlib1g-dev',
  zstd: 'libzstd-dev',
  snappy: 'a C++ compiler',
};

function compression({ compression: codec = 'none' }: Config): Need[] {
  const library = Object.hasOwn(COMPRESSION, codec) ? COMPRESSION[codec] : undefined;
  return library === undefined
    ? []
    : [{ feature: codec, what: `${codec} compression`, path: ['compression'], library }];
}

/** Settings that can ask for TLS. The finding names the first one that is present. */
const TLS_KEYS = ['security_protocol', 'username', 'ssl_cafile', 'ssl_certfile', 'ssl_check_hostname'] as const;

function tls(config: Config): Need[] {
  if (!String(securityProtocol(config)).endsWith('SSL')) return [];
  const key = TLS_KEYS.find((name) => config[name] !== undefined) ?? 'client';
  return [{ feature: 'ssl', what: 'TLS (OpenSSL)', path: [key], library: 'libssl-dev' }];
}

const MECHANISMS: Readonly<Record<string, readonly [feature: string, library: string]>> = {
  'SCRAM-SHA-256': ['sasl_scram', 'libssl-dev'],
  'SCRAM-SHA-512': ['sasl_scram', 'libssl-dev'],
  GSSAPI: ['sasl_gssapi', 'libsasl2-dev'],
  OAUTHBEARER: ['oidc', 'libcurl4-openssl-dev'],
};

function mechanism({ client, username, sasl_mechanism = 'PLAIN' }: Config): Need[] {
  const raw = ['sasl.mechanisms', 'sasl.mechanism'].find((name) => typeof client?.[name] === 'string');
  const name = raw === undefined ? sasl_mechanism : String(client?.[raw]).toUpperCase();
  // Without this method OAUTHBEARER cannot work at all, which another finding reports.
  if (name === 'OAUTHBEARER' && client?.['sasl.oauthbearer.method'] !== 'oidc') return [];
  // The schema has already refused a value that the setting does not have.
  if (raw === undefined && !name.startsWith('SCRAM-')) return [];
  const [feature, library] = (Object.hasOwn(MECHANISMS, name) && MECHANISMS[name]) || [];
  if (feature === undefined || library === undefined || (raw === undefined && username === undefined)) return [];
  const path = raw === undefined ? ['sasl_mechanism'] : ['client', raw];
  return [{ feature, what: `the SASL mechanism ${name}`, path, library }];
}
