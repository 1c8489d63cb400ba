/** Properties that librdkafka takes one by one and refuses together: only the making of a client shows it. */

import { asError } from '../../../../shared/errors.ts';
import { destroySoon } from '../close/destroy.ts';
import { createClient, type Properties } from '../native/configure.ts';
import type { Native } from '../native/native.ts';

/** Without servers a client connects to nobody. The mechanisms of SASL may run a command or ask for a token at once. */
const LEFT_OUT = /^(?:bootstrap\.servers|metadata\.broker\.list|sasl\..*|test\.mock\..*)$/;

/** What librdkafka says of them together; undefined when it makes a client of them, which is given up at once. */
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

/** The system's authorities take 20 ms to read. Of a folder nothing is read before a certificate is looked for. */
const cheaply = (properties: Properties): Properties =>
  properties['ssl.ca.pem'] === undefined ? { 'ssl.ca.location': import.meta.dirname } : {};
