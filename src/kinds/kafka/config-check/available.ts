/** Whether anything here can drive a Kafka producer: librdkafka by itself, or else the package node-rdkafka. */

import type { Finding } from '../../../config/report/findings.ts';
import { asError } from '../../../shared/errors.ts';
import { isPassing } from '../../../shared/util/passing-errors.ts';
import { loadNative, mayPass } from '../librdkafka/native/load.ts';
import { loadNodeRdkafka } from '../node-rdkafka/driver.ts';

/**
 * Why librdkafka cannot be driven directly here; undefined where it can, and where that is not known for the moment: what
 * passes must not decide for good, and the worker tries again at each connection.
 */
export function nativeProblem(): Error | undefined {
  try {
    loadNative(undefined, { user: 'type kafka' });
    return undefined;
  } catch (error) {
    return mayPass(error) ? undefined : asError(error);
  }
}

/** What needs node-rdkafka: a choice, or a librdkafka that cannot be driven directly. */
export function nodeRdkafkaUser(driver: unknown): string {
  if (driver === 'node-rdkafka') return "the driver 'node-rdkafka'";
  return `the driver 'node-rdkafka', which stands in for librdkafka (${nativeProblem()?.message}),`;
}

const COMPILED = 'it compiles librdkafka, for which g++, make and python3 must be there';

/** What to install, where the driver finds nothing that it could use. */
export function inspectClient(driver: unknown): Finding[] {
  const native = driver === 'node-rdkafka' ? undefined : nativeProblem();
  if (driver !== 'node-rdkafka' && native === undefined) return [];
  try {
    loadNodeRdkafka(nodeRdkafkaUser(driver));
    return [];
  } catch (error) {
    const message = native?.message ?? `${asError(error).message} (${COMPILED})`;
    return isPassing(error) ? [] : [{ path: ['type'], about: 'value', message }];
  }
}
