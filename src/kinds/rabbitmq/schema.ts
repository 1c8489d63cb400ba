/** The schema of a RabbitMQ producer: its settings (fields.ts), and the rules between them. */

import type { z } from 'zod';
import { parseDuration } from '../../config/schema/duration.ts';
import { goesWith, type Rule, withRules } from '../../config/schema/rules.ts';
import { namesTls, TLS_RULES } from '../../config/schema/tls.ts';
import { parseAmqpUrl } from './amqp-url.ts';
import { RabbitmqFields } from './fields.ts';

type Fields = Readonly<Partial<RabbitmqFields>>;

/** A malformed URL is reported elsewhere, and parsed as undefined here. */
const urlOf = ({ url }: Fields) => parseAmqpUrl(String(url ?? 'amqp://localhost'));

const onlyWhenDeclaring = (path: 'queue_type' | 'exchange_arguments' | 'queue_arguments'): Rule<RabbitmqFields> => ({
  path,
  error: "needs 'declare: true'",
  kept: (config) => config[path] === undefined || config.declare === true,
});

const hasWholeSeconds = (heartbeat: unknown): boolean => {
  try {
    return parseDuration(String(heartbeat)) % 1000 === 0;
  } catch {
    return true; // an invalid duration is reported elsewhere
  }
};

const RULES: readonly Rule<RabbitmqFields>[] = [
  goesWith('username', 'password'),
  goesWith('password', 'username'),
  {
    path: 'username',
    error: "'url' holds a user name as well: leave one of them out",
    kept: (config) => config.username === undefined || urlOf(config)?.username === undefined,
  },
  {
    path: 'vhost',
    error: "'url' names a virtual host as well: leave one of them out",
    kept: (config) => config.vhost === undefined || urlOf(config)?.vhost === undefined,
  },
  {
    path: 'url',
    error: "would not use the settings that begin with 'ssl_', expected amqps://",
    kept: (config) => !namesTls(config) || urlOf(config)?.isTls !== false,
  },
  ...TLS_RULES,
  {
    path: 'heartbeat',
    error: 'expected whole seconds',
    kept: ({ heartbeat = '10s' }) => hasWholeSeconds(heartbeat),
  },
  {
    path: 'declare',
    error: "needs an 'exchange' or a 'queue_name' to declare",
    kept: (config) =>
      config.declare !== true || [config.exchange, config.error_exchange, config.queue_name].some(Boolean),
  },
  onlyWhenDeclaring('queue_type'),
  onlyWhenDeclaring('exchange_arguments'),
  onlyWhenDeclaring('queue_arguments'),
  goesWith('queue_type', 'queue_name'),
  goesWith('queue_arguments', 'queue_name'),
];

/** Settings of a RabbitMQ producer. */
export const RabbitmqProducerConfig = withRules(RabbitmqFields, RULES);

export type RabbitmqConfig = z.infer<typeof RabbitmqProducerConfig>;
