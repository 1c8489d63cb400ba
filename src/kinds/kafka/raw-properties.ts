/** Decides which of librdkafka's properties a configuration may give under `client:`, and explains the refusal of the others. */

/** Properties for which outspool has a setting. They are given only there, so that two places cannot disagree. */
const SETTINGS: Readonly<Record<string, string>> = {
  'bootstrap.servers': 'bootstrap_servers',
  'metadata.broker.list': 'bootstrap_servers',
  'client.id': 'client_id',
  'security.protocol': 'security_protocol',
  'sasl.mechanism': 'sasl_mechanism',
  'sasl.mechanisms': 'sasl_mechanism',
  'sasl.username': 'username',
  'sasl.password': 'password',
  'ssl.ca.location': 'ssl_cafile',
  'ssl.certificate.location': 'ssl_certfile',
  'ssl.key.location': 'ssl_keyfile',
  'ssl.key.password': 'ssl_password',
  'ssl.endpoint.identification.algorithm': 'ssl_check_hostname',
  acks: 'acks',
  'request.required.acks': 'acks',
  'enable.idempotence': 'idempotence',
  'transactional.id': 'transactional_id',
  'transaction.timeout.ms': 'transaction_timeout',
  'compression.codec': 'compression',
  'compression.type': 'compression',
  'linger.ms': 'linger',
  'queue.buffering.max.ms': 'linger',
  'batch.size': 'batch_size',
  'message.max.bytes': 'max_message_bytes',
};

const TIME = "is outspool's own, which decides how long to try: see attempt_timeout_seconds and max_retries";
const QUEUE = "is outspool's own: queue.max_messages and queue.max_bytes bound what is buffered";
const EVENTS = "is outspool's own, which reads librdkafka's events itself";

/** Properties that outspool's guarantees depend on. */
const OWNED: Readonly<Record<string, string>> = {
  'message.timeout.ms': TIME,
  'delivery.timeout.ms': TIME,
  'message.send.max.retries': TIME,
  retries: TIME,
  'queue.buffering.max.messages': QUEUE,
  'queue.buffering.max.kbytes': QUEUE,
  'queuing.strategy': "is outspool's own, which keeps the order",
  'delivery.report.only.error': 'would take away the reports by which outspool counts',
  'builtin.features': 'is a list of what librdkafka was built with; it cannot be set',
  'log.queue': EVENTS,
  enabled_events: EVENTS,
  enable_sasl_queue: EVENTS,
};

/** Properties that hold an address inside the process. librdkafka would take some of them as text, and jump there. */
const ADDRESS =
  /_cb$|^ut_|^(?:opaque|default_topic_conf|interceptors|msg_order_cmp|ssl_engine_callback_data|ssl_key|ssl_certificate|ssl_ca)$/;

/** Properties that would let a configuration file do what it must not be able to do. */
const UNSAFE: readonly (readonly [RegExp, string])[] = [
  [/^plugin\./, 'loads code into the process'],
  [/^ssl\.(?:engine\.|providers$)/, 'loads code into the process'],
  [/^sasl\.kerberos\.kinit\.cmd$/, 'runs a command'],
  [/^test\.mock\./, 'puts a fake cluster in the place of the brokers'],
  [/^enable\.sasl\.oauthbearer\.unsecure\.jwt$/, 'sends an identity that no server has verified'],
  [/^internal\.termination\.signal$/, 'sends signals to the process'],
];

/** librdkafka puts these into the command line of kinit, which a shell reads. */
const IN_COMMAND_LINE = /^sasl\.kerberos\.(?:principal|keytab|service\.name)$/;
const HARMLESS_WORD = /^[\w./@:-]*$/;

/** Mechanisms that need more than a user name and a password, and so have no settings of their own. */
export const OTHER_MECHANISM = /^(?:GSSAPI|OAUTHBEARER)$/i;

const ALLOW = 'so it is refused unless code passes allowUnsafeClient: true';

/** Properties whose values no message may show. */
const SECRET = /passw|passphrase|secret|token|\bkey\b|\.pem$|jaas|oauthbearer(?!\.(?:client\.id|scope)$)/i;
/** Shorter values would be found inside ordinary words, and cannot be secret anyway. */
const LEAST_HIDDEN = 3;

export const isSecretProperty = (name: string): boolean => SECRET.test(name);

/** Returns a text of librdkafka, which quotes values, without those that no message may show. */
export function withoutSecrets(text: string, properties: Readonly<Record<string, string>>): string {
  const secrets = Object.entries(properties).filter(
    ([name, value]) => isSecretProperty(name) && value.length >= LEAST_HIDDEN,
  );
  return secrets.reduce((shown, [, value]) => shown.replaceAll(value, () => '***'), text.trim());
}

/** Removes the prefix, as librdkafka reads `topic.acks` as `acks`. */
export const plainName = (name: string): string => name.replace(/^topic\.(?!metadata\.|blacklist$)/, '');

/** The setting that stands for a property; undefined where there is none. */
export function settingFor(name: string): string | undefined {
  const plain = plainName(name);
  return Object.hasOwn(SETTINGS, plain) ? SETTINGS[plain] : undefined;
}

/** Returns why the property may not be given, as the rest of a sentence that begins with it; undefined when it may. */
export function refusal(name: string, value: string, allowUnsafe: boolean): string | undefined {
  const plain = plainName(name);
  // C ends a text at the first NUL, so a name or a value with a NUL would become another one.
  if (`${name}${value}`.includes('\0')) return 'may not contain a NUL character';
  if (ADDRESS.test(plain)) return 'takes an address inside the process, which a configuration cannot give';
  const setting = isOtherMechanism(plain, value) ? undefined : settingFor(plain);
  if (setting !== undefined) return `has a setting of its own: use '${setting}', next to 'client'`;
  if (Object.hasOwn(OWNED, plain)) return OWNED[plain];
  return allowUnsafe ? undefined : unsafe(plain, value);
}

const isOtherMechanism = (name: string, value: string): boolean =>
  /^sasl\.mechanisms?$/.test(name) && OTHER_MECHANISM.test(value);

function unsafe(name: string, value: string): string | undefined {
  if (IN_COMMAND_LINE.test(name) && !HARMLESS_WORD.test(value))
    return `becomes part of a command line, ${ALLOW}: expected letters, digits and . / @ : _ -`;
  const why = UNSAFE.find(([pattern]) => pattern.test(name))?.[1];
  return why && `${why}, ${ALLOW}`;
}

/** The properties of a topic, which node-rdkafka needs apart from the global ones. */
const TOPIC_PROPERTIES: ReadonlySet<string> = new Set([
  'request.timeout.ms',
  'partitioner',
  'produce.offset.report',
  'compression.level',
]);

/** Converts raw properties into librdkafka's form: texts, with those of topics apart. */
export function rawProperties(client: Readonly<Record<string, string | number | boolean>> = {}) {
  const all = Object.entries(client).map(([name, value]) => [plainName(name), String(value)] as const);
  const ofTopic = ([name]: readonly [string, string]): boolean => TOPIC_PROPERTIES.has(name);
  return {
    properties: Object.fromEntries(all.filter((one) => !ofTopic(one))),
    topicProperties: Object.fromEntries(all.filter(ofTopic)),
  };
}
