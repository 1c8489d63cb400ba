/** Creates librdkafka clients from properties. */

import { ConfigError, ConnectError } from '../../../../shared/errors.ts';
import { orUndo } from '../../../../shared/util/or-undo.ts';
import { unusableFile } from '../../raw-files.ts';
import { isSecretProperty } from '../../raw-properties.ts';
import { textOf } from '../inspect/inspection.ts';
import type { Pointer } from './functions.ts';
import type { Native } from './native.ts';

const PRODUCER = 0;
const CONSUMER = 1;
/** `RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE` */
const NO_SYSTEM_RESOURCE = -194;
const ERROR_BYTES = 512;
const EVENT_DELIVERY_REPORT = 0x1;
const EVENT_LOG = 0x4;
const EVENT_ERROR = 0x8;
const EVENT_STATISTICS = 0x40;
const EVENTS = EVENT_DELIVERY_REPORT | EVENT_LOG | EVENT_ERROR;
/** Nothing reads the statistics of a consumer. */
const PRODUCER_EVENTS = EVENTS | EVENT_STATISTICS;

export type Properties = Readonly<Record<string, string>>;

type ClientType = typeof PRODUCER | typeof CONSUMER;

/**
 * Creates a producer.
 * @throws ConfigError when librdkafka refuses a property, or all of them together; ConnectError for transient causes: TLS files
 * that are being replaced or cannot be read, a system without spare threads or descriptors
 */
export const createClient = (native: Native, properties: Properties): Pointer =>
  configured(native, PRODUCER, properties);

/** Creates a consumer. It joins its group only when it subscribes. @throws the same errors */
export const createConsumer = (native: Native, properties: Properties): Pointer =>
  configured(native, CONSUMER, properties);

function configured(native: Native, type: ClientType, properties: Properties): Pointer {
  const unusable = unusableFile(properties);
  if (unusable !== undefined) throw new ConnectError(unusable);
  const { rdkafka } = native;
  const conf = rdkafka.confNew();
  return orUndo(
    () => {
      for (const [name, value] of Object.entries(properties)) setProperty(native, conf, name, value);
      // Logs become events. Otherwise librdkafka calls back from its own threads, where no JavaScript can run.
      setProperty(native, conf, 'log.queue', 'true');
      if (type === PRODUCER) rdkafka.confSetThrottle(conf, native.throttles.callback);
      rdkafka.confSetEvents(conf, type === PRODUCER ? PRODUCER_EVENTS : EVENTS);
      return create(native, type, conf);
    },
    () => rdkafka.confDestroy(conf),
  );
}

/** Creates the client, which then owns the configuration. If that fails, the configuration still belongs to the caller. */
function create({ rdkafka }: Native, type: ClientType, conf: Pointer): Pointer {
  const error = Buffer.alloc(ERROR_BYTES);
  const client = rdkafka.create(type, conf, error, ERROR_BYTES);
  if (client !== 0) return client;
  const text = textOf(error);
  if (rdkafka.lastError() === NO_SYSTEM_RESOURCE) throw new ConnectError(`librdkafka makes no client: ${text}`);
  throw refused(`librdkafka refuses the properties: ${text}`);
}

/** The files were there and valid when the configuration was checked, so they may be in the middle of a replacement. */
const FILES = /\bssl\.(?:ca|certificate|crl|key)\.location failed|Failed to open ssl\.keystore\.location/;
/** The system had no descriptor or thread left. librdkafka reports that in the same way as a refused property. */
const SYSTEM = /Too many open files|Failed to create (?:background )?thread/;

/** A transient cause becomes an error of the connection, so that no message fails for it. */
export const refused = (text: string): Error =>
  FILES.test(text) || SYSTEM.test(text) ? new ConnectError(text) : new ConfigError(text);

/** Sets a global or a topic property. In C, a property that is not global falls through to the default topic configuration. */
function setProperty({ rdkafka }: Native, conf: Pointer, name: string, value: string): void {
  const error = Buffer.alloc(ERROR_BYTES);
  if (rdkafka.confSet(conf, name, value, error, ERROR_BYTES) === 0) return;
  // librdkafka quotes the value. If it may be a secret, the error does not include librdkafka's text.
  throw new ConfigError(`librdkafka refuses the property ${name}${isSecretProperty(name) ? '' : `: ${textOf(error)}`}`);
}
