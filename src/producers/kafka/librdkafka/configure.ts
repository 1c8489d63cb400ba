/** A new librdkafka client from properties. */

import { ConfigError, ConnectError } from '../../../errors.ts';
import { isSecretProperty } from '../raw-properties.ts';
import type { Pointer } from './functions.ts';
import { textOf } from './inspection.ts';
import type { Native } from './native.ts';

const PRODUCER = 0;
const ERROR_BYTES = 512;
const EVENT_DELIVERY_REPORT = 0x1;
const EVENT_LOG = 0x4;
const EVENT_ERROR = 0x8;

export type Properties = Readonly<Record<string, string>>;

/** A producer. @throws ConfigError when librdkafka refuses a property, or all of them together; ConnectError for TLS files */
export function createClient(native: Native, properties: Properties): Pointer {
  const { rdkafka } = native;
  const conf = rdkafka.confNew();
  const error = Buffer.alloc(ERROR_BYTES);
  try {
    for (const [name, value] of Object.entries(properties)) setProperty(native, conf, name, value);
    // Logs as events: librdkafka calls back from its own threads otherwise, where no JavaScript can run.
    setProperty(native, conf, 'log.queue', 'true');
  } catch (thrown) {
    rdkafka.confDestroy(conf);
    throw thrown;
  }
  rdkafka.confSetEvents(conf, EVENT_DELIVERY_REPORT | EVENT_LOG | EVENT_ERROR);
  const client = rdkafka.create(PRODUCER, conf, error, ERROR_BYTES);
  if (client !== 0) return client;
  rdkafka.confDestroy(conf);
  throw refused(`librdkafka refuses the properties: ${textOf(error)}`);
}

/** The files of a configuration were there and right when it was examined: they may be being replaced. */
const FILES = /\bssl\.(?:ca|certificate|crl|key)\.location failed|Failed to open ssl\.keystore\.location/;
/** The system had no thread to give. librdkafka says so in the place where it refuses properties. */
const THREADS = /Failed to create (?:background )?thread/;

/** What may pass is an error of the connection, and no message may be given up for it. */
export const refused = (text: string): Error =>
  FILES.test(text) || THREADS.test(text) ? new ConnectError(text) : new ConfigError(text);

/** Topic properties too: in C, what is no global property falls through to the default topic configuration. */
function setProperty({ rdkafka }: Native, conf: Pointer, name: string, value: string): void {
  const error = Buffer.alloc(ERROR_BYTES);
  if (rdkafka.confSet(conf, name, value, error, ERROR_BYTES) === 0) return;
  // librdkafka quotes the value; where it may be a secret, its text stays out of ours.
  throw new ConfigError(`librdkafka refuses the property ${name}${isSecretProperty(name) ? '' : `: ${textOf(error)}`}`);
}
