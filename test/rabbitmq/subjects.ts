/** Producers of the server, with what they say and what they give up. */

import type { z } from 'zod';
import type { DeadLetter } from '../../src/caller/dead-letters/dead-letter.ts';
import { RabbitmqProducer } from '../../src/kinds/rabbitmq/rabbitmq-producer.ts';
import type { RabbitmqProducerConfig } from '../../src/kinds/rabbitmq/schema.ts';
import { LogLines } from '../support/log-lines.ts';
import type { RabbitServer } from './server.ts';

export type Settings = Partial<z.input<typeof RabbitmqProducerConfig>>;

export interface Subject {
  readonly producer: RabbitmqProducer;
  readonly letters: DeadLetter[];
  readonly log: LogLines;
}

/** Failures are tried again soon. */
const IMPATIENT = { backoff_seconds: 0.5, max_retries: 2 };

export function subject(server: RabbitServer, settings: Settings): Subject {
  const letters: DeadLetter[] = [];
  const log = new LogLines();
  const config = { ...server.settings, ...IMPATIENT, name: 'subject', ...settings, type: 'rabbitmq' as const };
  const producer = new RabbitmqProducer(config, { logger: log, deadLetter: (letter) => void letters.push(letter) });
  return { producer, letters, log };
}

/** Why a dead letter was given up, in the words of its last attempt. */
export const reasonOf = ({ attempts }: DeadLetter): string => attempts.at(-1)?.error.message ?? '';
