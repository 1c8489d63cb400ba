/** Checks whether any driver for Kafka is available here: librdkafka by itself, or the package node-rdkafka. */

import type { Finding } from '../../../config/report/findings.ts';
import { asError } from '../../../shared/errors.ts';
import { isPassing } from '../../../shared/util/passing-errors.ts';
import { loadNative, mayPass } from '../librdkafka/native/load.ts';
import { loadNodeRdkafka } from '../node-rdkafka/driver.ts';

/** Returns why librdkafka cannot be loaded; undefined also for a transient cause, because the worker tries again. */
export function nativeProblem(): Error | undefined {
  try {
    loadNative(undefined, { user: 'type kafka' });
    return undefined;
  } catch (error) {
    return mayPass(error) ? undefined : asError(error);
  }
}

/** Names what needs node-rdkafka: the user's choice, or a librdkafka that cannot be loaded directly. */
export function nodeRdkafkaUser(driver: unknown): string {
  if (driver === 'node-rdkafka') return "the driver 'node-rdkafka'";
  return `the driver 'node-rdkafka', which stands in for librdkafka (${nativeProblem()?.message}),`;
}

const COMPILED = 'it compiles librdkafka, for which g++, make and python3 must be there';

/** Returns what to install, if the driver finds no usable library. */
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
