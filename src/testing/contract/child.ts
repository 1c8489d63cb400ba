/**
 * Script of a child process. It builds a producer, lets it send or idle, and does nothing to end the process. The order comes as
 * JSON on stdin, because a configuration may hold secrets. The answer goes to descriptor 3, because the producer may deliver to
 * stdout.
 */

import { readFileSync, writeSync } from 'node:fs';
import type { z } from 'zod';
import type { BaseProducer } from '../../caller/base-producer.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { ProducerSource } from '../../shared/protocol.ts';
import { loadClass } from '../../worker/load-class.ts';

export interface ChildOrder {
  readonly source: ProducerSource;
  readonly topic: string;
  /** `sends` sends one message and shuts down. `idles` connects and does nothing more. */
  readonly mode: 'sends' | 'idles';
}

export const ANSWER_DESCRIPTOR = 3;
const PATIENT = { timeout: 60_000 };

const nothing = () => {};
const quiet: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

async function obey({ source, topic, mode }: ChildOrder): Promise<unknown> {
  const Class = (await loadClass(source)) as new (config: unknown, options: object) => BaseProducer<z.ZodObject>;
  const { module, exportName } = source;
  const producer = new Class(source.config, { logger: quiet, module, ...(exportName && { exportName }) });
  if (mode === 'sends') await producer.publish(topic, Buffer.from('from another process'), PATIENT);
  else await producer.start(PATIENT);
  return mode === 'sends' ? producer.shutdown(PATIENT.timeout) : producer.stats();
}

const answer = await obey(JSON.parse(readFileSync(0, 'utf8')) as ChildOrder);
writeSync(ANSWER_DESCRIPTOR, JSON.stringify(answer));
