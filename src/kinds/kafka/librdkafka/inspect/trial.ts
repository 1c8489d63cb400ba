/** Finds properties that librdkafka accepts one by one and refuses together, which only the creation of a client shows. */

import { asError } from '../../../../shared/errors.ts';
import { destroySoon } from '../close/destroy.ts';
import { createClient, type Properties } from '../native/configure.ts';
import type { Native } from '../native/native.ts';

/** Without servers a client connects to no broker. SASL mechanisms may run a command or ask for a token at once. */
const LEFT_OUT = /^(?:bootstrap\.servers|metadata\.broker\.list|sasl\..*|test\.mock\..*)$/;

/** Returns librdkafka's reason for refusing them together; undefined if it creates a client, which is destroyed at once. */
export function refusedTogether(native: Native, properties: Properties): string | undefined {
  const kept = Object.entries(properties).filter(([name]) => !LEFT_OUT.test(name));
  const protocol = properties['security.protocol']?.replace('SASL_PLAINTEXT', 'PLAINTEXT').replace('SASL_', '');
  try {
    const client = createClient(native, { ...cheaply(properties), ...Object.fromEntries(kept), ...plain(protocol) });
    destroySoon(native, client);
    return undefined;
  } catch (error) {
    return asError(error).message.replace(/^librdkafka refuses the properties: /, '');
  }
}

const plain = (protocol: string | undefined): Properties =>
  protocol === undefined ? {} : { 'security.protocol': protocol };

/** Avoids reading the system's certificate authorities, which takes 20 ms. A folder is read only on a look-up. */
const cheaply = (properties: Properties): Properties =>
  properties['ssl.ca.pem'] === undefined ? { 'ssl.ca.location': import.meta.dirname } : {};
